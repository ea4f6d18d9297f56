#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What is counted of connections, lookups and datagrams is what the kernel counts.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse      eth0 |---------------| eth0   sink         |
#     |  peers.py           |  10.77.1.0/24 |        10.99/16     |
#     +---------------------+  fd77:1::/64  +---------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl python3
peers=$root/tests/net/peers.py

make_space a b
join a eth0 b eth0 1
start_sink b 7000
# Addresses that all lead to b's sink.
inside b ip route add local 10.99.0.0/16 dev lo
inside a ip route add 10.99.0.0/16 via 10.77.1.2

# watched NAME [FLAG...]: a fresh monitor.
watched() {
	scene=$1
	: >"$work/monitor-a.log"
	start_monitor a --interval 500ms "${@:2}"
	settle a
}

# They begin right after a sample. On a busy machine they may not be done before the next,
# which then has some of them: they are tried again.
lookups_counted() {
	settle a 1
	inside a "$peers" lookups 10.99.80.1 53 300 >"$work/out"
	settle a 1
	metric_at_least a dormouse_destinations 300
}
watched "300 lookups between two samples" --interval 2s
patience=120
check_that "$scene: their destinations are counted" \
	wait_for "$scene: all in one interval" lookups_counted
patience=${TEST_PATIENCE:-30}
check "$scene: reports of them lost" 0 \
	"$(metric a dormouse_udp_socket_events_lost_total)"
stop_monitor a

watched "attempts" --interval 100ms
for address in 10.77.1.2 10.77.1.99 fd77:1::2 fd77:1::99; do
	for seconds in 0 0.3; do
		before=$(metric a dormouse_tcp_connections_opened_total)
		inside a "$peers" attempts $address 7000 500 $seconds >"$work/out"
		opened() {
			echo $(($(metric a dormouse_tcp_connections_opened_total) - before))
		}
		eventually "500 attempts at $address for $seconds s" 500 opened
		# Of those that nobody answered the kernel tells the end after three seconds.
		settle a 40
		check "500 attempts at $address for $seconds s, when all is told" 500 "$(opened)"
	done
done
stop_monitor a

watched "datagrams" --interval 200ms
for address in fd77:1::2 10.77.1.2 fd77:1::2; do
	before=$(metric a dormouse_udp_transmit_packets_total)
	kernel=$(($(snmp a Udp OutDatagrams) + $(snmp6 a Udp6OutDatagrams)))
	inside a "$peers" datagrams $address 5 >"$work/out"
	settle a 2
	check "$scene to $address, at the next sample" \
		$(($(snmp a Udp OutDatagrams) + $(snmp6 a Udp6OutDatagrams) - kernel)) \
		$(($(metric a dormouse_udp_transmit_packets_total) - before))
done
stop_monitor a
finish
