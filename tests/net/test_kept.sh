#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What happened outlives the monitor: alerts that are raised when it is killed are there
# afterwards, and go on as the same alerts if their traffic does. The history has a gap,
# and no more.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse --state   |               |                     |
#     |  traffic       eth0 |---------------| eth0   sink         |
#     +---------------------+  10.77.1.0/24 +---------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl setpriv

make_space a b
join a eth0 b eth0 1
start_sink b 7000

mkdir "$work/state"
chown 65532:65532 "$work/state"
state=$work/state/baseline
flags=(--interval 200ms --learn 6s --dormant-after 6s --state "$state")
run_as=("${unprivileged[@]}")

in_state() {
	[[ $(metric a "dormouse_pod_state{state=\"$1\"}") == 1 ]]
}
# of_theft FILTER: of the alert about the theft
of_theft() {
	alerts a "[.alerts[] | select(.id == \"$theft\")][0] | $1"
}
# All but the gaps, which are told besides.
incidents() {
	alerts a '[.alerts[] | select(.kind != "monitor-gap")] | length'
}
theft_sent_more_than() {
	(($(of_theft .totalBytes) > $1))
}
theft_is() {
	[[ $(of_theft .status) == "$1" ]]
}

# watched: how many minutes the history knows, of the last ten
watched() {
	fetch a '9478/history?signal=tx_bytes&since=10m' |
		jq '[.signals[0].mean[] | select(. != null)] | length'
}
start_monitor a "${flags[@]}"
wait_for "the silent pod is dormant" in_state dormant

# --- killed in mid-theft, which goes on ---------------------------------------------------
start a stream "$work/traffic" stream 10.77.1.2 7000 1000000 60
stream=$started
wait_for "the theft raises an alert" has_alert a '.kind == "dormancy-break"' || true
theft=$(alerts a '.alerts[0].id')
started_at=$(of_theft .startsAt)
stop_monitor a KILL
start_monitor a "${flags[@]}"
check "the alert is there" "$theft" "$(of_theft .id)"
check "it has its start" "$started_at" "$(of_theft .startsAt)"
check "it fires" firing "$(of_theft .status)"
check_that "it names where the theft goes" \
	test "$(of_theft '.evidence.destinations[0].address')" = 10.77.1.2
check_that "the history is there" test "$(watched)" -ge 1
before=$(of_theft .totalBytes)
wait_for "its bytes go on" theft_sent_more_than $((before + 5000000)) || true
check "there is no second alert about it" 1 "$(incidents)"
check "it is told to go on" 1 \
	"$(log_lines a ".event == \"alert-reopened\" and .alert.id == \"$theft\"")"
check "dormouse_alert_active" 1 "$(metric a 'dormouse_alert_active{kind="dormancy-break"}')"

# --- killed again, and the theft ends meanwhile -----------------------------------------
stop_monitor a KILL
stop "$stream"
start_monitor a "${flags[@]}"
check "after the second kill: it fires until it is known" firing "$(of_theft .status)"
wait_for "it is resolved" theft_is resolved
check "its end was not seen" true "$(of_theft .endUnseen)"
check_that "it ended when it was seen last" \
	test "$(of_theft .endsAt)" = "$(of_theft .updatedAt)"
check "alerts after two kills" 1 "$(incidents)"

# --- the history has it all, but for the gaps ---------------------------------------------
sent=$(fetch a '9478/history?since=10m' |
	jq '[.signals[] | select(.signal == "tx_bytes") | .peak[] // 0] | max')
check_between "the greatest minute of the theft, bytes a second" 30000 1100000 "${sent%.*}"
check_that "the minutes are one after the other" \
	test "$(fetch a '9478/history?signal=tx_bytes&since=10m' |
		jq -r '[.signals[0].mean[] | if . == null then "-" else "+" end] | add' |
		grep -cE '^"?-*\++-*\+*-?"?$')" = 1
# A trace has whole minutes only.
has_rows() {
	fetch a '9478/history?since=1h&format=csv' >"$work/trace.csv"
	(($(wc -l <"$work/trace.csv") >= 3))
}
patience=90 wait_for "a minute is over" has_rows || true
check_that "replay reads it as a trace" "$work/dormouse" replay --summary "$work/trace.csv"
inside a "$work/dormouse" history --since 10m >"$work/drawn" || failed "dormouse history has failed"
check_that "dormouse history draws what was sent" grep -q '^tx_bytes .*█.* [kM]B/s$' "$work/drawn"
check_that "no line is wider than a terminal" test "$(LC_ALL=C.UTF-8 wc -L <"$work/drawn")" -le 80

# --- resolved alerts stay as they are ---------------------------------------------------
stop_monitor a
start_monitor a "${flags[@]}"
check_between "bytes of the state file" 320000 491520 "$(stat -c %s "$state")"
check "in a third life it is still there" "true resolved" \
	"$(of_theft '"\(.endUnseen) \(.status)"')"
stop_monitor a
finish
