#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The same theft again is an occurrence of its alert; to another network it is an alert of
# its own, and so is a greater one while the first goes on.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse      eth0 |---------------| eth0     sink 7000  |
#     |  traffic connect    |  10.77.1.0/24 |          10.99/16   |
#     +---------------------+               +---------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl

make_space a b
join a eth0 b eth0 1
start_sink b 7000
inside b ip route add local 10.99.0.0/16 dev lo
inside a ip route add 10.99.0.0/16 via 10.77.1.2

# What is like an earlier incident is known for eight times --dormant-after.
start_monitor a --interval 500ms --learn 10s --dormant-after 12s
in_state() {
	[[ $(metric a "dormouse_pod_state{state=\"$1\"}") == 1 ]]
}
wait_for "the silent pod is dormant" in_state dormant || true

# steal ADDRESS: 3 MB in three connections.
steal() {
	inside a "$work/traffic" connect "$1" 7000 3 1000000 1 >"$work/out"
}
raised() {
	alerts a '.alerts | length'
}
recurrences() {
	metric a dormouse_alert_recurrences_total
}

patience=$((patience + 40))
steal 10.99.1.1
eventually "the theft is an alert" 1 raised
eventually "it resolves" resolved alerts a '.alerts[0].status'
wait_for "the pod is dormant again" in_state dormant || true

steal 10.99.1.2
eventually "the same again, in the same network, is a recurrence" 1 recurrences
check "alerts" 1 "$(raised)"
check "occurrences of the alert" 1 "$(alerts a '.alerts[0].occurrences')"
check_that "the last occurrence is dated" test "$(alerts a '.alerts[0].lastOccurrence')" != null
bytes_of_occurrence() {
	(($(alerts a '.alerts[0].occurrenceBytes') >= 3000000))
}
wait_for "its bytes are counted" bytes_of_occurrence || true
check "it is logged" 1 "$(log_lines a '.event == "alert-recurred"')"
check "no second alert was logged" 1 "$(log_lines a '.event == "alert-raised"')"
wait_for "the pod is dormant again" in_state dormant || true

steal 10.99.2.1
eventually "the same to another network is an alert of its own" 2 raised
check "its destination" 10.99.2.1 "$(alerts a '.alerts[0].evidence.destinations[0].address')"
check "recurrences" 1 "$(recurrences)"
finish
