#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The monitor counts what the kernel and the traffic tools count, byte for byte.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse      eth0 |---------------| eth0   iperf3 -s    |
#     |  iperf3 -c          |  10.77.1.0/24 |        sink         |
#     |  traffic            |  fd77:1::/64  |        curl         |
#     +---------------------+               +---------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need iperf3 jq curl

make_space a b
join a eth0 b eth0 1
start_sink b 7000
start_sink a 7001 30000
start_iperf3_server b 5201
start_monitor a --interval 100ms

# The differences of these metrics over a piece of traffic.
watched=(dormouse_tcp_transmit_bytes_total dormouse_tcp_initiated_transmit_bytes_total
	dormouse_tcp_connections_opened_total dormouse_udp_transmit_packets_total)
declare -A before=() moved=()

mark() {
	settle a
	for name in "${watched[@]}"; do
		before[$name]=$(metric a "$name")
	done
	udp_before=$(udp_sent)
}

# The traffic has ended: what has moved.
measure() {
	settle a
	for name in "${watched[@]}"; do
		moved[$name]=$(($(metric a "$name") - before[$name]))
	done
	udp_moved=$(($(udp_sent) - udp_before))
}

udp_sent() {
	echo $(($(snmp a Udp OutDatagrams) + $(snmp6 a Udp6OutDatagrams)))
}

# check_moved WHAT TCP_BYTES INITIATED_BYTES OPENED UDP_PACKETS
check_moved() {
	check "$1: TCP bytes sent" "$2" "${moved[dormouse_tcp_transmit_bytes_total]}"
	check "$1: of these on connections it opened" "$3" \
		"${moved[dormouse_tcp_initiated_transmit_bytes_total]}"
	check "$1: connections it opened" "$4" \
		"${moved[dormouse_tcp_connections_opened_total]}"
	check "$1: UDP datagrams sent" "$5" \
		"${moved[dormouse_udp_transmit_packets_total]}"
	check "$1: UDP datagrams as the kernel has them" "$udp_moved" \
		"${moved[dormouse_udp_transmit_packets_total]}"
}

# Link counters: the kernel's own file, read before and after the sample, says the same
# as the metric. Neighbour discovery may fall in between: then once more.
links_agree() {
	local direction counter kernel_first kernel_then found
	for direction in receive/rx transmit/tx; do
		for counter in bytes/bytes packets/packets errors/errors dropped/drop; do
			kernel_first=$(link_counter a "$1" "${direction#*/}_${counter%/*}")
			settle a 2
			found=$(metric a \
				"dormouse_network_${direction%/*}_${counter#*/}_total{device=\"$1\"}")
			kernel_then=$(link_counter a "$1" "${direction#*/}_${counter%/*}")
			if [[ $kernel_first != "$kernel_then" ]]; then
				return 1
			fi
			results+=("$direction ${counter%/*} $kernel_then $found")
		done
	done
}

check_links() {
	local result words
	results=()
	until links_agree eth0; do
		results=()
	done
	for result in "${results[@]}"; do
		read -ra words <<<"$result"
		check "$1: eth0 ${words[0]%/*} ${words[1]}" "${words[2]}" "${words[3]:-}"
	done
}

for address in 10.77.1.2 fd77:1::2 ::ffff:10.77.1.2; do
	mark
	inside a "$work/traffic" connect "$address" 7000 20 123457 4 >"$work/out"
	measure
	check_moved "20 connections to $address" $((20 * 123457)) $((20 * 123457)) 20 0

	mark
	inside a "$work/traffic" datagrams "$address" 7000 1234 200 >"$work/out"
	measure
	check_moved "1234 datagrams to $address" 0 0 0 1234
done

for address in 10.77.1.1 fd77:1::1; do
	mark
	inside b "$work/traffic" connect "$address" 7001 20 1000 4 >"$work/out"
	measure
	check_moved "20 connections from outside to $address" $((20 * 30000)) 0 0 0
done

# The monitor's own answers are no traffic of the pod's.
for host in 10.77.1.1 '[fd77:1::1]'; do
	mark
	inside b curl -sf "http://$host:9477/metrics?[1-20]" -o "$work/out"
	measure
	check_moved "20 scrapes of $host from outside" 0 0 0 0
done
own=$(metric a dormouse_self_transmit_bytes_total)
check_between "the monitor's own answers are counted apart, bytes" 40000 4000000 "$own"

# iperf3 opens a control connection as well, with a few hundred bytes each way, and what it
# has written need not all have left: so between what arrived and what was written.
for address in 10.77.1.2 fd77:1::2; do
	mark
	inside a iperf3 -J -c "$address" -n 20M >"$work/iperf3.json"
	measure
	arrived=$(jq .end.sum_received.bytes "$work/iperf3.json")
	written=$(jq .end.sum_sent.bytes "$work/iperf3.json")
	check_between "iperf3 over TCP to $address: TCP bytes sent" "$arrived" \
		$((written + 4096)) "${moved[dormouse_tcp_transmit_bytes_total]}"
	check "iperf3 over TCP to $address: connections" 2 \
		"${moved[dormouse_tcp_connections_opened_total]}"

	mark
	inside a iperf3 -J -u -c "$address" -b 20M -t 1 >"$work/iperf3.json"
	measure
	# And one datagram that says hello.
	check "iperf3 over UDP to $address: datagrams" \
		$(($(jq .end.sum.packets "$work/iperf3.json") + 1)) \
		"${moved[dormouse_udp_transmit_packets_total]}"
	check "iperf3 over UDP to $address: as the kernel has them" "$udp_moved" \
		"${moved[dormouse_udp_transmit_packets_total]}"
done

# To itself is no traffic.
mark
inside a "$work/traffic" connect 127.0.0.1 7001 50 5000 4 >"$work/out"
inside a "$work/traffic" connect ::1 7001 50 5000 4 >"$work/out"
measure
check "100 connections over loopback: TCP bytes sent" 0 \
	"${moved[dormouse_tcp_transmit_bytes_total]}"
check "100 connections over loopback: opened" 0 \
	"${moved[dormouse_tcp_connections_opened_total]}"
check "loopback is no interface of the metrics" "" \
	"$(metric a 'dormouse_network_transmit_bytes_total{device="lo"}')"

check_links "after all that"
check "socket events lost" 0 "$(metric a dormouse_socket_events_lost_total)"
finish
