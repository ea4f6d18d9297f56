#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What a pod opens to destinations that --allow does not name is an alert, however little it is and
# however short; what it may do, and what others open to it, is none.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse --allow   |               |                     |
#     |  traffic       eth0 |---------------| eth0   sink         |
#     |  sink, peers.py     |  10.77.1.0/24 |        10.99/16     |
#     +---------------------+  fd77:1::/64  |        fd99::/64    |
#                                           +---------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl python3
peers=$root/tests/net/peers.py

make_space a b
join a eth0 b eth0 1
start_sink b 7000
start b sink-b-too.log "$work/sink" 7001
start_sink a 8080
inside b ip route add local 10.99.0.0/16 dev lo
inside b ip -6 route add local fd99::/64 dev lo
inside a ip route add 10.99.0.0/16 via 10.77.1.2
inside a ip -6 route add fd99::/64 via fd77:1::2

# The name servers of the pod. `ip netns exec` gives the monitor mounts of its own.
printf 'search cluster.local\nnameserver 10.99.53.53\n' >"$work/resolv.conf"
run_as=(bash -c 'mount --bind "$0" /etc/resolv.conf && exec "$@"' "$work/resolv.conf")
kind='.kind == "unexpected-destination"'
allow='10.77.1.0/24:7000,[fd77:1::/64]:7000'

# watched NAME ALLOW: a fresh monitor.
watched() {
	scene=$1
	: >"$work/monitor-a.log"
	start_monitor a --interval 500ms --allow "$2"
	settle a
}
unexpected() {
	alerts a "[.alerts[] | select($kind)] | length"
}
# first WHAT: of the one such alert.
first() {
	alerts a "[.alerts[] | select($kind)][0] | $1"
}
# told ADDRESS PORT: it is in the evidence.
told() {
	has_alert a "$kind and any(.evidence.destinations[]; .address == \"$1\" and .port == $2)"
}
send() {
	inside a "$work/traffic" connect "$@" >"$work/out"
}
# The alerts of the scene are one, and it names that destination.
check_one() {
	wait_for "$scene: it is told" told "$@"
	settle a
	check "$scene: alerts" 1 "$(unexpected)"
}

# --- what is allowed ------------------------------------------------------------------------
watched "allowed" "$allow"
send 10.77.1.2 7000 3 2000000 1
send fd77:1::2 7000 3 100000 1
send 127.0.0.1 8080 3 1000 1
inside a "$peers" lookups 10.99.53.53 53 1 >"$work/out"
inside a "$peers" lookups 10.77.1.2 7000 1 >"$work/out"
inside b "$work/traffic" connect 10.77.1.1 8080 3 100000 1 >"$work/out"
inside b "$work/traffic" connect fd77:1::1 8080 3 1000 1 >"$work/out"
settle a 4
check "alerts of what is allowed" 0 "$(unexpected)"
check "its metric" 0 "$(metric a 'dormouse_alerts_total{kind="unexpected-destination"}')"

# --- in the same life: one short connection of a few bytes ------------------------------------
scene="a short connection"
send 10.99.0.1 7000 1 100 1
check_one 10.99.0.1 7000
check "$scene: bytes" 100 "$(first .totalBytes)"
check "$scene: destinations" 1 "$(first '.evidence.destinations | length')"
check "$scene: bytes there" 100 "$(first '.evidence.destinations[0].bytes')"
check "$scene: connections there" 1 "$(first '.evidence.destinations[0].connections')"
check "$scene: its metric" 1 "$(metric a 'dormouse_alerts_total{kind="unexpected-destination"}')"
check_that "$scene: the sentence" grep -q \
	'"This pod sent 100 B to destinations that --allow does not name, on 1 connection. Of that, 100 B to 10.99.0.1:7000\."' \
	<(first '.summary | tojson')
stop_monitor a

# --- each way out ------------------------------------------------------------------------------
watched "another port" "$allow"
send 10.77.1.2 7001 1 5000 1
check_one 10.77.1.2 7001
stop_monitor a

watched "by IPv6" "$allow"
send fd99::1 7000 1 5000 1
check_one fd99::1 7000
stop_monitor a

watched "a short UDP socket" "$allow"
inside a "$peers" lookups 10.99.7.7 9999 1 >"$work/out"
check_one 10.99.7.7 9999
check "$scene: protocol" udp "$(first '.evidence.destinations[0].protocol')"
stop_monitor a

watched "the name server's other ports" "$allow"
send 10.99.53.53 7000 1 5000 1
check_one 10.99.53.53 7000
stop_monitor a

watched "nothing is allowed" none
inside a "$peers" lookups 10.99.53.53 53 1 >"$work/out"
settle a
check "$scene: but to ask for names" 0 "$(unexpected)"
send 10.77.1.2 7000 1 1 1
check_one 10.77.1.2 7000
stop_monitor a

watched "a connection that is refused" "$allow"
# The kernel forgets the port of a connection that was refused: the address decides.
inside a "$peers" refused waiting 10.77.1.2 7009 1 >"$work/out"
settle a 4
check "$scene: alerts of an allowed address" 0 "$(unexpected)"
inside a "$peers" refused waiting 10.99.8.8 9 1 >"$work/out"
check_one 10.99.8.8 0
check "$scene: bytes" 0 "$(first .totalBytes)"
check_that "$scene: the sentence" grep -q \
	'"This pod sent 0 B to destinations that --allow does not name, on 1 connection, the first to 10.99.8.8:0' \
	<(first '.summary | tojson')
stop_monitor a

# --- a scan is one alert, with all it tried ----------------------------------------------------
watched "a scan" "$allow"
inside a "$peers" refused waiting 10.99.16.0 9 3000 >"$work/out"
all_tried() {
	[[ $(first '[.evidence.destinations[].connections, .evidence.otherConnections] | add') == 3000 ]]
}
wait_for "$scene: it is told" has_alert a "$kind"
wait_for "$scene: all is in the evidence" all_tried
check "$scene: alerts" 1 "$(unexpected)"
check "$scene: places in the evidence" 10 "$(first '.evidence.destinations | length')"
stop_monitor a

# --- a bad list is said ---------------------------------------------------------------------------
check "a bad entry is named" \
	'dormouse: invalid value "10.0.0.0/33" for --allow: expected none or at most 64 of 10.0.0.0/8, 192.0.2.7:443, [fd00::/8]:443' \
	"$(inside a "$work/dormouse" run --allow 10.0.0.0/8,10.0.0.0/33 2>&1 || true)"

finish
