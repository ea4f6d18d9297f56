#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# delays.sh - how much later a pod is ready, and gone, with a sidecar: PAIRS (10) pairs of the
# same pod of each QoS class in a namespace with and one without injection, in alternating
# order. On a cluster
# with Dormouse installed, which
#
#     tests/cluster/run.sh build VERSION COMMIT tests/bench/delays.sh
#
# does and undoes. It fails where the median of the differences is above 0.3 s, or twice that
# where the sidecar's 50m of CPU are a limit, as in Guaranteed pods: it is no part of `make
# test`, because of what else a machine does. A kubelet looks at its containers once a second,
# and at pods that end every few: single differences are steps of that.
#
# shellcheck source=../cluster/lib.sh
source "$(dirname "$0")/../cluster/lib.sh"
need_injector
make_namespace plain
make_namespace labelled dormouse.dev/injection=enabled

kubectl proxy --port=0 --address=127.0.0.1 >"$work/proxy" 2>&1 &
pids+=("$!")
wait_for "kubectl proxy" grep -qs '^Starting to serve on' "$work/proxy"
url=http://$(sed -n 's/^Starting to serve on //p' "$work/proxy")

# pairs CLASS MOST JQ: of pods whose resources are what jq makes of them.
pairs() {
	app delay '.metadata.name = $name | .spec.containers[0].image = $image |
		del(.spec.terminationGracePeriodSeconds) | .spec.containers[0].resources = '"$3" >"$work/pod.json"
	echo "$1:"
	"$root/tests/bench/delays.py" "$url" dormouse-test-plain dormouse-test-labelled "$work/pod.json" \
		"${PAIRS:-10}" | tee "$work/delays"
	read -r _ _ ready _ gone < <(tail -n 1 "$work/delays")
	check_that "$1: seconds that a pod is ready later: $ready, at most $2" \
		awk "BEGIN { exit !($ready <= $2) }"
	check_that "$1: seconds that it is gone later: $gone, at most 0.3" awk "BEGIN { exit !($gone <= 0.3) }"
}
pairs BestEffort 0.3 '{}'
pairs Burstable 0.3 '{requests: {cpu: "100m", memory: "32Mi"}}'
# The limit is the app's; the sidecar's is 50m.
pairs Guaranteed 0.6 '{requests: {cpu: "500m", memory: "32Mi"}, limits: {cpu: "500m", memory: "32Mi"}}'
finish
