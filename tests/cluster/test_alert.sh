#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs alone: two cores are few.
#
# A pod that must stay quiet sends, and whoever looks learns of it: at the alert endpoint,
# through a forwarded port; by `dormouse status` in the pod; in the sidecar's log.
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need_injector

space=dormouse-test-traffic
make_namespace traffic dormouse.dev/injection=enabled
run_pod $space sink '.metadata.labels["dormouse.dev/inject"] = "false"'
run_pod $space quiet '.metadata.annotations = {"dormouse.dev/interval": "1s",
	"dormouse.dev/profile": "dormant"}'
wait_for "the sink is ready" is_ready $space sink
injected_and_ready $space quiet
address=$(field $space sink .status.podIP)

forward quiet $space quiet 9478
alerts() {
	curl -sf --max-time 10 "http://127.0.0.1:$forwarded/alerts" | jq -r "$1"
}
eventually "alerts of a quiet pod" 0 alerts '.alerts | length'
eventually "its state" dormant alerts .state
eventually "its identity" "quiet $space Pod/app" \
	alerts '.pod | "\(.name) \(.namespace) \(.workload)"'

kubectl -n $space exec quiet -c app -- /traffic stream "$address" 7001 300000 30 \
	>"$work/stream.log" 2>&1 &
pids+=("$!")
alerted() {
	[[ $(alerts 'any(.alerts[]; .kind == "dormancy-break" and .status == "firing")') == true ]]
}
check_that "the pod that woke is alerted on" wait_for "an alert" alerted
# A forwarded port loses a request now and then.
eventually "who it sent to" "$address" alerts '[.alerts[] | select(.kind == "dormancy-break")][0]
	.evidence.destinations[0].address'
eventually "the alert's pod" quiet alerts '.alerts[0].pod.name'
kubectl -n $space exec quiet -c dormouse -- /dormouse status >"$work/status" 2>&1 || true
check_that "dormouse status tells it" grep -q dormancy-break "$work/status"
kubectl -n $space logs quiet -c dormouse >"$work/log"
check_that "the sidecar's log tells it" grep -q '"kind": *"dormancy-break"' "$work/log"
raised() {
	proxy "$space" quiet 9477 metrics |
		awk '$1 == "dormouse_alerts_total{kind=\"dormancy-break\"}" { print $2 }'
}
eventually "alerts raised, in the metrics" 1 raised
finish
