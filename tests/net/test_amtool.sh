#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# An alert that fires, seen through Alertmanager's own amtool, through `dormouse status`
# and in a log for people.
#
#     +---------- a ----------+               +---------- b ----------+
#     |  dormouse     traffic |---------------| eth0        sink      |
#     |  amtool          eth0 |  10.77.1.0/24 |                       |
#     +-----------------------+               +-----------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl amtool

make_space a b
join a eth0 b eth0 1
start_sink b 7000
POD_NAME=cart-7d9f POD_NAMESPACE=shop start_monitor a --interval 500ms --profile dormant \
	--log-format text
settle a 5

# query ARGUMENT...: how many alerts amtool finds; its words in $work/amtool.
amtool_here() {
	inside a amtool --alertmanager.url=http://127.0.0.1:9478 "$@"
}
query() {
	amtool_here alert query -o json "$@" 2>"$work/amtool" | jq length || echo failed
}

check "amtool, nothing fires" 0 "$(query)"
inside a "$work/dormouse" status >"$work/status"
check_that "status: nothing to do" grep -qx "No alerts: nothing to do." "$work/status"

start a traffic.log "$work/traffic" stream 10.77.1.2 7000 1000000 600
traffic=$started
check_that "a quiet pod wakes" wait_for "its alert" has_alert a '.kind == "dormancy-break"'

# --- amtool ---------------------------------------------------------------------------
check "amtool alert query" 1 "$(query)"
check "alertname=Nope" 0 "$(query alertname=Nope)"
check "Nope alone, amtool's short form" 0 "$(query Nope)"
check "its name" 1 "$(query alertname=DormouseDormancyBreak)"
check "its name, short" 1 "$(query DormouseDormancyBreak)"
check "an expression" 1 "$(query 'alertname=~"Dormouse.*"')"
check "a part of a name is not it" 0 "$(query 'alertname=~"Dormouse"')"
check "not that name" 0 "$(query alertname!=DormouseDormancyBreak)"
check "none of those" 0 "$(query 'alertname!~".+Break|.+Volume"')"
check "two conditions" 1 "$(query pod=cart-7d9f namespace=shop)"
check "two conditions, one wrong" 0 "$(query pod=cart-7d9f namespace=bank)"
check "a label that it has not" 0 "$(query team=a)"
check "a label that it has not, empty" 1 "$(query 'team=""')"
check "quotes, blanks, escapes" 1 "$(query ' pod = "cart-7d9f" ' 'pod!="a \"b\\"')"
check "--silenced" 0 "$(query --silenced)"
check "--inhibited" 0 "$(query --inhibited)"
check "--active" 1 "$(query --active)"
check "--receiver dormouse" 1 "$(query --receiver=dormouse)"
check "--receiver email" 0 "$(query --receiver=email)"
# amtool compiles expressions before it sends them; what only we refuse it has to show.
check "an expression that is not known here" failed "$(query 'pod=~"\\pL+"' | tail -n 1)"
check_that "and why" grep -q 'Unicode classes are not supported here' "$work/amtool"

amtool_here alert query -o extended >"$work/amtool" || failed "amtool -o extended has failed"
check_that "amtool shows the summary" grep -q 'This pod was dormant and now sends' "$work/amtool"
check "amtool silence query" 0 "$(amtool_here silence query -o json | jq length)"
check "amtool silence query, filtered" 0 "$(amtool_here silence query -o json a=b | jq length)"
amtool_here cluster show >"$work/amtool" 2>&1 || failed "amtool cluster show has failed"
amtool_here config show >"$work/amtool" 2>&1 || failed "amtool config show has failed"
check_that "amtool config show" grep -q . "$work/amtool"
status=0
amtool_here silence add -d 1h -a me -c no alertname=x >"$work/amtool" 2>&1 || status=$?
check "amtool silence add is refused: exit status" 1 "$status"

# As Grafana asks.
for path in 'alerts/groups?silenced=false&inhibited=false&active=true' \
	'alerts/groups?filter=alertname%3DDormouseDormancyBreak' receivers silences status; do
	check "GET $path" 200 "$(inside a curl -s -o "$work/body" -w '%{http_code}' \
		"http://127.0.0.1:9478/api/v2/$path")"
	check_that "$path is JSON" jq -e . "$work/body" >"$work/out"
done

# --- dormouse status ------------------------------------------------------------------
inside a "$work/dormouse" status >"$work/status" || failed "dormouse status has failed"
cat "$work/status"
check "columns, at most 80" 0 "$(LC_ALL=C.UTF-8 grep -cE '^.{81}' "$work/status" || true)"
read -r severity risk < <(sed -nE \
	's/^FIRING    dormancy-break, ([a-z]+), risk ([0-9]+) of 100$/\1 \2/p' "$work/status") || true
check_between "status names the alert and its risk" 1 100 "${risk:-none}"
# How high it is depends on how much was sent until now.
severities=(low low medium high critical critical)
check "its severity, at risk ${risk:-0}" "${severities[${risk:-0} / 20]}" "${severity:-none}"
check_that "status shows onset" grep -qE '^ +onset 20..-' "$work/status"
threshold=$(alerts a '[.alerts[] | select(.status == "firing")][0].baseline.threshold')
check_between "the threshold that it was judged by" 100 100000 "${threshold%.*}"
check_that "status shows a threshold" \
	sh -c "tr -s ' \n' ' ' <'$work/status' | grep -q 'judged by a threshold of [0-9.]* k*B/s'"
check_that "status says what to do" grep -q "Next: ask whether" "$work/status"
check_that "status names signals for people" grep -q \
	'^sent on its own connections tcp_initiated_tx_bytes ' "$work/status"

# --- the log --------------------------------------------------------------------------
stop "$traffic"
check_that "the log has the alert" wait_for "the line" \
	grep -q ' alert-raised: This pod was dormant and now sends ' "$work/monitor-a.log"
check "lines with JSON in them" 0 "$(grep -c '[{}]' "$work/monitor-a.log" || true)"
stop_monitor a
finish
