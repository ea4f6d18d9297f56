#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs alone: it counts what the injector counts.
#
# The pods of pods/, of every shape that real clusters have, through the webhook: the API
# server takes each, and each has what it had, where it had it.
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need_injector
[[ -x $INJECTOR ]] || skip "needs $INJECTOR: make"

make_namespace pods dormouse.dev/injection=enabled
make_namespace pods-plain
"$cluster/pods.py" "$INJECTOR" dormouse-test-pods dormouse-test-pods-plain "$minor" |
	tee "$work/pods.out"
failures=$((failures + $(grep -c '^FAILED' "$work/pods.out" || true)))
check_between "pods" 30 1000 "$(find "$cluster/pods" -name '*.json' | wc -l)"
finish
