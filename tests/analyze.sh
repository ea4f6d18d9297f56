#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Reads the sources with gcc's analyzer (-fanalyzer), and fails with what it finds, but for the
# findings below, which were read and are none.
#
#     tests/analyze.sh FILE... -- COMPILER FLAGS...
set -euo pipefail
export LC_ALL=C

# File, kind, function; after them why it is none. The analyzer of gcc 12 loses sight of what is
# moved within an array, or into one.
settled="
sidecar/serve/metrics_cache.c -Wanalyzer-malloc-leak render: the entry keeps it until the cache is freed
sidecar/http/routes.c -Wanalyzer-null-dereference say_too_large: a body arrives only after its route was found
sidecar/replay/series.c -Wanalyzer-malloc-leak append: the points are the list's
sidecar/replay/series.c -Wanalyzer-malloc-leak join_equal: the series were moved to their new place
sidecar/replay/series.c -Wanalyzer-malloc-leak sort_points: the points are the list's
sidecar/replay/series.c -Wanalyzer-malloc-leak merge_equal_times: the points are the list's
sidecar/replay/series.c -Wanalyzer-malloc-leak series_settle: the points are the list's
sidecar/replay/series.c -Wanalyzer-malloc-leak sort_into_traces: qsort() moves the series
sidecar/injector/namespaces/namespaces.c -Wanalyzer-malloc-leak put_in: the table holds it
sidecar/injector/learn/learning.c -Wanalyzer-malloc-leak begin_workload: the workload keeps it until learning_free()
sidecar/injector/learn/learning.c -Wanalyzer-malloc-leak run: the list is freed by learning_free()
sidecar/injector/learn/pods.c -Wanalyzer-malloc-leak make_room: the list moved with its pods
sidecar/injector/learn/pods.c -Wanalyzer-malloc-leak replace: the pod holds it
sidecar/injector/learn/traffic_history.c -Wanalyzer-malloc-leak keep_chunk: the points are the series'
"

files=()
while [ "$1" != -- ]; do
	files+=("$1")
	shift
done
shift

# analyze FILE: its findings, "FILE KIND FUNCTION" a line; a failure of the compiler is one.
analyze() {
	gcc "${flags[@]}" -O1 -fanalyzer -fdiagnostics-plain-output -c -o /dev/null "$1" 2>&1 |
		awk -v file="$1" '
			/(^|: )In function / { function_name = $NF; gsub(/[^A-Za-z_0-9]/, "", function_name) }
			/ error: / { print file, "error", $0 }
			/ warning: / && match($0, /-Wanalyzer[-a-z]*/) {
				print file, substr($0, RSTART, RLENGTH), function_name ": " $1 }'
}

flags=("$@")
jobs=$(nproc)
status=0
while read -r where kind function_name place; do
	grep -qF "$where $kind $function_name" <<<"$settled" && continue
	echo "$place $function_name $kind"
	status=1
done < <(for file in "${files[@]}"; do
	while (($(jobs -rp | wc -l) >= jobs)); do
		wait -n
	done
	analyze "$file" &
done; wait)
[ $status = 0 ] && echo "analyze: ${#files[@]} files, nothing found"
exit $status
