#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs alone: it takes the injector away.
#
# Without an injector, pods are created as ever, only without a sidecar.
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need_injector
[[ -n ${MANIFEST:-} ]] || skip "needs MANIFEST, to install the injector again"

space=dormouse-test-failure
make_namespace failure dormouse.dev/injection=enabled
run_pod $space before
injected_and_ready $space before

cleanups+=('kubectl apply -f "$MANIFEST" >/dev/null')
kubectl -n dormouse-system delete deployment dormouse-injector >"$work/out"
# Those that end answer to the last.
wait_for "the injector is gone" injector_gone
begin=$SECONDS
run_pod $space during
check_between "seconds that creating a pod took" 0 10 $((SECONDS - begin))
check "its containers" app "$(field $space during '[.spec.containers[].name] | join(" ")')"
check_that "it runs" wait_for "it is ready" is_ready $space during
check "the pod with a sidecar still runs" true "$(field $space before "$sidecar_status | .ready")"

kubectl apply -f "$MANIFEST" >"$work/out"
wait_for "the injector is back" injector_ready
check_that "pods are injected again" wait_for "an injected pod" injects $space
finish
