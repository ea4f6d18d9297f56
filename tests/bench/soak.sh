#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# soak.sh - the static binary over a long time, with traffic that changes all the time: its memory
# and its descriptors do not grow, and its counters are the kernel's.
#
#     tests/bench/soak.sh [SECONDS] [EVERY]
#
# Runs build/static/dormouse in a namespace of its own, without privilege, a sample each 100 ms,
# scraped once a second, for SECONDS (3600). Each round has connections and datagrams of both
# families, and an interface that comes, sends and goes; now and then a crowd of connections, and a
# flood that is an alert. Prints every EVERY seconds (60) what the monitor occupies, in KiB. Exit
# status 1 if that was ever more than 1 MiB, if the second half asked for more memory than the first,
# or if a counter of the monitor is not what the kernel, or the traffic's own tools, counted. (What
# is resident may still rise a little: a page of a table that is there from the start counts when
# its first entry comes.)
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse, traffic  |               |  sink               |
#     |                eth0 |---------------| eth0  scraper       |
#     |                eth7 |-- now and ----| eth7                |
#     +---------------------+     then      +---------------------+
#       10.77.1.0/24, 10.77.7.0/24
#
# shellcheck source=../net/lib.sh
source "$(dirname "$0")/../net/lib.sh"
[[ -x $STATIC ]] || skip "needs $STATIC: make static"
need jq curl setpriv
install -m 755 "$STATIC" "$work/dormouse"
duration=${1:-3600} every=${2:-60}
opened=0 rounds=0

make_space a b
join a eth0 b eth0 1
start_sink b 7000
mkdir "$work/state"
chown 65532:65532 "$work/state"
run_as=("${unprivileged[@]}")
start_monitor a --interval 100ms --learn 1m --dormant-after 5m --egress-budget 2MB \
	--state "$work/state/baseline"
start b scrapes "$work/traffic" requests 10.77.1.1 9477 /metrics "$((duration + 60))" 1

# of FIELD: from the monitor's status, KiB.
of() {
	awk -v field="$1:" '$1 == field { print $2 }' "/proc/${monitor_pid[a]}/status"
}

descriptors() {
	find "/proc/${monitor_pid[a]}/fd" -mindepth 1 | wc -l
}

# connect ADDRESS COUNT BYTES PARALLEL: counts them.
connect() {
	inside a "$work/traffic" connect "$1" 7000 "$2" "$3" "$4" >"$work/out"
	opened=$((opened + $2))
}

# An interface that was not there, that sends, and that is gone.
come_and_go() {
	join a eth7 b eth7 7
	connect 10.77.7.2 2 1000 1
	inside a ip link del eth7
}

# Above the budget for more than three samples, however fast the machine is.
flood() {
	inside a "$work/traffic" stream 10.77.1.2 7000 20000000 2 >"$work/out"
	opened=$((opened + 1))
}

traffic_round() {
	connect 10.77.1.2 5 2000 5
	connect fd77:1::2 3 1000 1
	inside a "$work/traffic" datagrams fd77:1::2 7000 10 100 >"$work/out"
	inside a "$work/traffic" datagrams 10.77.1.2 7000 5 1200 >"$work/out"
	come_and_go
	((rounds % 20 != 7)) || connect fd77:1::2 1000 2000 32
	((rounds % 30 != 11)) || flood
	fetch a 9478/alerts >"$work/alerts"
	fetch a 9478/baseline >"$work/out"
	rounds=$((rounds + 1))
}

# What the kernel counted, and what the monitor did, of the same things.
kernel() {
	echo "$(link_counter a eth0 tx_bytes) $(link_counter a eth0 rx_packets)" \
		"$(($(snmp a Udp OutDatagrams) + $(snmp6 a Udp6OutDatagrams)))"
}

monitor() {
	echo "$(metric a 'dormouse_network_transmit_bytes_total{device="eth0"}')" \
		"$(metric a 'dormouse_network_receive_packets_total{device="eth0"}')" \
		"$(metric a dormouse_udp_transmit_packets_total)"
}

# compare WHAT FIELD: how far both went since the start.
compare() {
	local from_kernel to_kernel from_monitor to_monitor
	read -ra from_kernel <<<"$kernel_before"
	read -ra to_kernel <<<"$kernel_after"
	read -ra from_monitor <<<"$monitor_before"
	read -ra to_monitor <<<"$monitor_after"
	check "$1, as the kernel counts" $((to_kernel[$2] - from_kernel[$2])) \
		$((to_monitor[$2] - from_monitor[$2]))
}

# look: notes the most that was resident, and that was asked for, in this half.
look() {
	local resident asked
	resident=$(of VmRSS) asked=$(of VmData)
	((resident <= most[half])) || most[half]=$resident
	((asked <= data[half])) || data[half]=$asked
}

# tell SECONDS: a line of the table.
tell() {
	echo "$1 $(metric a dormouse_samples_total) $opened $(jq '.alerts | length' "$work/alerts")" \
		"$(of VmRSS) $(of RssAnon) $(of RssFile) $(of VmHWM) $(of VmData) $(descriptors)"
}

# Nothing moves until both were read: the scraper's next request waits for the rest of its second.
quiet() {
	settle a 15
	kill -STOP "$scraper"
	settle a 15
}

scraper=$started
quiet
kernel_before=$(kernel) monitor_before=$(monitor)
opened_before=$(metric a dormouse_tcp_connections_opened_total)
kill -CONT "$scraper"

begin=$SECONDS next=0 most=(0 0) data=(0 0) half=0
echo "seconds samples connections alerts VmRSS RssAnon RssFile VmHWM VmData descriptors"
while ((SECONDS - begin < duration)); do
	traffic_round
	((rounds != 1)) || few=$(descriptors)
	half=$((2 * (SECONDS - begin) >= duration))
	look
	if ((SECONDS - begin >= next)); then
		tell $((SECONDS - begin))
		next=$((SECONDS - begin + every))
	fi
	sleep 0.5
done
quiet
kernel_after=$(kernel) monitor_after=$(monitor)

check_between "most that was resident, KiB" 1 1024 "$((most[0] > most[1] ? most[0] : most[1]))"
check_between "high-water mark, KiB" 1 1024 "$(of VmHWM)"
check_between "memory asked for in the second half, KiB more than in the first" -1024 0 \
	$((data[1] - data[0]))
check_between "resident in the second half, KiB more than in the first" -1024 64 $((most[1] - most[0]))
check_between "descriptors at the end, more than after the first round" -16 0 $(($(descriptors) - few))
compare "bytes that eth0 sent" 0
compare "packets that eth0 received" 1
compare "datagrams sent" 2
check "connections opened, as those who opened them count" "$opened" \
	$(($(metric a dormouse_tcp_connections_opened_total) - opened_before))
check_between "alerts" 1 1000 "$(jq '.alerts | length' "$work/alerts")"
finish
