#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What happened outlives the monitor: alerts that are raised when it is killed are there
# afterwards, and go on as the same alerts if their traffic does.
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
stop_monitor a

# --- resolved alerts stay as they are ---------------------------------------------------
start_monitor a "${flags[@]}"
check "in a third life it is still there" "true resolved" \
	"$(of_theft '"\(.endUnseen) \(.status)"')"
stop_monitor a
finish
