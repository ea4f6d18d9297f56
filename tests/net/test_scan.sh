#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Connections that fail and addresses never sent to before, with real traffic: what a scan
# by the pod shows, and what a scan of the pod does not.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse --state   |               |  sink 7000          |
#     |  peers.py      eth0 |---------------| eth0   10.99/16     |
#     |  sink 7100          |  10.77.1.0/24 |  peers.py half-open |
#     +---------------------+  fd77:1::/64  +---------------------+
#
# Nobody listens on port 81. 10.98/16 leads to b, which drops it.
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl python3 setpriv
peers=$root/tests/net/peers.py

make_space a b
join a eth0 b eth0 1
start_sink b 7000
start_sink a 7100
inside b ip route add local 10.99.0.0/16 dev lo
inside b sysctl -qw net.ipv4.ip_forward=0
inside a ip route add 10.98.0.0/15 via 10.77.1.2

mkdir "$work/state"
chown 65532:65532 "$work/state"
run_as=("${unprivileged[@]}")
flags=(--interval 200ms --state "$work/state/baseline")

failed_connections() {
	metric a dormouse_tcp_connections_failed_total
}
new_destinations() {
	metric a dormouse_new_destinations_total
}

# counts NAME FAILED NEW: both metrics since the monitor's start, now and when all is told.
counts() {
	eventually "$1: failed connections" "$2" failed_connections
	eventually "$1: new destinations" "$3" new_destinations
	settle a 3
	check "$1: failed connections, when all is told" "$2" "$(failed_connections)"
	check "$1: new destinations, when all is told" "$3" "$(new_destinations)"
}

start_monitor a "${flags[@]}"
settle a
counts "silence" 0 0

# --- attempts of the pod -------------------------------------------------------------------
inside a "$peers" refused waiting 10.99.2.1 81 50 >"$work/out"
counts "50 refused, waiting in connect()" 50 50
inside a "$peers" refused polled 10.99.3.1 81 40 >"$work/out"
counts "40 refused, polled" 90 90
inside a "$peers" attempts 10.98.1.1 81 30 0.2 >"$work/out"
counts "30 without an answer, given up" 120 91
inside a "$peers" refused waiting 10.98.2.1 81 2 >"$work/out"
counts "2 without an answer, timed out" 122 93
inside a "$peers" refused waiting fd77:1::2 81 3 >"$work/out"
counts "IPv6: one refuses, two do not exist, one network" 125 94

# --- the same peers again ------------------------------------------------------------------
inside a "$peers" refused waiting 10.99.2.1 81 50 >"$work/out"
counts "50 refused again" 175 94

# --- what is no failed attempt of the pod to reach another ---------------------------------
inside a "$peers" refused waiting 127.0.0.1 81 20 >"$work/out"
inside a "$peers" refused polled 10.77.1.1 81 1 >"$work/out"
inside a "$peers" refused waiting ::1 81 1 >"$work/out"
counts "loopback" 175 94
inside a "$peers" reset 10.77.1.2 7000 20 >"$work/out"
inside a "$work/traffic" connect 10.77.1.2 7000 20 1000 1 >"$work/out"
counts "connections that succeed, reset or closed" 175 95

attempt_fails=$(snmp a Tcp AttemptFails)
inside b "$peers" half-open 10.77.1.2 10.77.1.1 7100 25 >"$work/out"
half_open() {
	echo $(($(snmp a Tcp AttemptFails) - attempt_fails))
}
eventually "the kernel counts the half-open connections at the pod's listener" 25 half_open
counts "a half-open scan of the pod" 175 95
stop_monitor a

# --- after a restart -----------------------------------------------------------------------
start_monitor a "${flags[@]}"
settle a
counts "after the restart" 0 0
attempt_fails=$(snmp a Tcp AttemptFails)
inside b "$peers" half-open 10.77.1.2 10.77.1.1 7100 25 >"$work/out"
eventually "another half-open scan" 25 half_open
counts "a half-open scan of the pod, after the restart" 0 0
# A socket is reported once, at its end: only AttemptFails has the nine attempts before.
# (Attempts given up in the same life would hide as many of them: those it lacks.)
inside a "$peers" refused again 10.99.2.1 81 10 >"$work/out"
counts "ten attempts with one socket, to the same peers" 10 0
inside a "$peers" refused waiting 10.99.2.1 81 50 >"$work/out"
inside a "$peers" refused polled 10.99.3.1 81 40 >"$work/out"
inside a "$peers" refused waiting fd77:1::2 81 1 >"$work/out"
counts "the same peers after a restart" 101 0
inside a "$peers" refused polled 10.99.4.1 81 5 >"$work/out"
counts "others after a restart" 106 5
stop_monitor a

# --- a scan by a dormant pod ---------------------------------------------------------------
start_monitor a "${flags[@]}" --profile dormant
settle a 10
check "before the scan: alerts" 0 "$(alerts a '.alerts | length')"
inside a "$peers" refused polled 10.99.100.1 81 600 >"$work/out"
check_that "the scan is connection-fanout" wait_for "its alert" \
	has_alert a '.kind == "connection-fanout"'
check "the scan: alerts" 1 "$(alerts a '.alerts | length')"
echo "summary: $(alerts a '.alerts[0].summary')"
stop_monitor a
finish
