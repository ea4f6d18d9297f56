#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A real Prometheus with three days of two workloads; `dormouse-injector learn` asks it. promtool
# makes the days.
#
#     learn  -->  127.0.0.1:9090  [a: prometheus]
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=injector.sh
source "$(dirname "$0")/injector.sh"
need_injector jq prometheus promtool python3
days=3

make_space a
"$root/tests/net/history.py" "$(date +%s)" "$days" >"$work/history.txt"
check_that "history is made" promtool tsdb create-blocks-from openmetrics \
	"$work/history.txt" "$work/data" >"$work/promtool.out"
echo 'global: {}' >"$work/prometheus.yml"
start a prometheus.log prometheus --config.file="$work/prometheus.yml" \
	--storage.tsdb.path="$work/data" --storage.tsdb.retention.time=30d \
	--web.listen-address=127.0.0.1:9090
answers() {
	inside a curl -sf --max-time 10 http://127.0.0.1:9090/-/ready >"$work/ready"
}
check_that "Prometheus is ready" wait_for "ready" answers

# learn NAME FLAG...: the output is in $work/NAME.out, what it says in $work/NAME.err.
learn() {
	local name=$1
	shift
	inside a "${unprivileged[@]}" "$work/dormouse-injector" learn \
		--prometheus http://127.0.0.1:9090 --days "$days" "$@" \
		>"$work/$name.out" 2>"$work/$name.err"
}
document() { # NAMESPACE KEY
	jq -r --arg namespace "$1" --arg key "$2" \
		'select(.metadata.namespace == $namespace) | .data[$key]' "$work/maps.out"
}
signal() { # NAME: of a document
	jq --arg name "$1" -c '.signals[] | select(.signal == $name)'
}

check_that "ConfigMaps are printed" learn maps
check "one a namespace" "billing/dormouse-baselines shop/dormouse-baselines" \
	"$(jq -r '"\(.metadata.namespace)/\(.metadata.name)"' "$work/maps.out" | paste -sd' ')"
check "a key a workload" "statefulset.ledger.json deployment.reports.json" \
	"$(jq -r '.data | keys[]' "$work/maps.out" | paste -sd' ')"
check "says where the workloads are from" 1 \
	"$(grep -c "3 pods; .*: a label 0, owners 2, the pod's name 1" "$work/maps.err")"
document shop deployment.reports.json >"$work/reports.json"
document billing statefulset.ledger.json >"$work/ledger.json"
check "format" dormouse.dev/baseline/v1 "$(jq -r .format "$work/reports.json")"
check "pods" 2 "$(jq .pods "$work/reports.json")"
check "workload" Deployment/reports "$(jq -r .workload "$work/reports.json")"
check_between "watched, days of both pods" 4.4 4.6 "$(jq '.watchedSeconds / 86400' "$work/reports.json")"
check_between "mean of what it sends" 290 320 "$(signal tx_bytes <"$work/reports.json" | jq .mean)"
check_between "mean of a pod that two servers scrape" 290 320 \
	"$(signal tx_bytes <"$work/ledger.json" | jq .mean)"
check "what only sidecars count" 0 \
	"$(signal tcp_initiated_tx_bytes <"$work/ledger.json" | jq -s '[.[] | select(.watchedSeconds > 0)] | length')"
# The theft of 120 MB is not learnt: an hour has 1.1 MB, and a full hour's 20 kB.
check_between "the greatest hour" 1000000 1300000 \
	"$(signal tx_bytes <"$work/reports.json" | jq '.greatest[3]')"

check_that "again" learn again
jq -r 'select(.metadata.namespace == "shop") | .data[]' "$work/again.out" >"$work/again.json"
check "the same history gives the same" "$(signal tx_bytes <"$work/reports.json" | jq -c .greatest)" \
	"$(signal tx_bytes <"$work/again.json" | jq -c .greatest)"

check_that "a dry run" learn dry --dry-run
check "its alerts" "1 0" "$(awk '/Deployment\/reports/ { r = $4 } /StatefulSet\/ledger/ { l = $4 }
	END { print r, l }' "$work/dry.out")"

check_that "one namespace" learn one --namespaces billing
check "only that" billing "$(jq -r .metadata.namespace "$work/one.out" | paste -sd' ')"
check_that "one workload is left out" learn less --leave-out shop/Deployment/reports
check "only the other" billing "$(jq -r .metadata.namespace "$work/less.out" | paste -sd' ')"
check_that "only series that match" learn match --match 'replica="b"'
check "only the other, again" billing "$(jq -r .metadata.namespace "$work/match.out" | paste -sd' ')"
learn syntax --match 'replica="b' || status=$?
check "a matcher that is none: exit status" 1 "${status:-0}"
check "a matcher that is none" 1 "$(grep -c 'status 400: .*parse' "$work/syntax.err")"
check "nothing is printed" 0 "$(wc -c <"$work/syntax.out")"

check_that "an evaluation" learn evaluation --evaluate --json
score() {
	jq -c --arg workload "$1" 'select(.workload == $workload)' "$work/evaluation.out"
}
check "alerts that would have come" 1 "$(score Deployment/reports | jq .alerts)"
check "the first of them" egress-volume,reports-7d9f8c6b5-ccccc \
	"$(score Deployment/reports | jq -r '.firstAlerts[0] | "\(.kind),\(.pod)"' | sed s/dormancy-break/egress-volume/)"
check "thefts" "8 8 8" "$(score Deployment/reports | jq -r '[.thefts[].thefts] | join(" ")')"
check "of these 1 MB/s found" 1 "$(score StatefulSet/ledger | jq '.thefts[0].recall')"
check_between "seconds until then" 1 180 "$(score StatefulSet/ledger | jq '.thefts[0].medianDelaySeconds')"
check_that "as a table" learn table --evaluate
check "a row a workload, and one of all" 3 "$(grep -cE '^(shop|billing|all)[ /]' "$work/table.out")"

finish
