#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each allocation and each system call of each command fails once: see torture.py.
#
#     tests/torture/run.sh BUILD [EVERY]
#
# With EVERY each lane takes every EVERY-th failure, beginning at another one. The lanes mostly wait,
# so there are more of them than processors. Ends with 1 if an outcome is wrong.
set -euo pipefail
build=$1 every=${2:-1} lanes=${TORTURE_LANES:-4}
logs=$build/torture/logs
mkdir -p "$logs"

if ((EUID != 0)); then
	echo "skipped: needs root, for network namespaces"
	exit 77
fi
pids=()
trap 'kill "${pids[@]}" 2>/dev/null; wait; exit 1' INT TERM
for ((lane = 0; lane < lanes; lane++)); do
	unshare -n tests/torture/torture.py "$build" --lane "$lane/$lanes" --every "$every" \
		>"$logs/$lane.log" 2>&1 &
	pids+=("$!")
done
status=0
for pid in "${pids[@]}"; do
	wait "$pid" || status=1
done
tests/torture/torture.py --add "$logs"/*.log
exit $status
