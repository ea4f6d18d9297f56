#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Bytes are conserved: what the link sent is TCP with headers, UDP, the monitor's own, and
# what nobody accounts for, whatever it was sent by.
#
#     +-------- c --------+          +--------- a ---------+          +--------- b ---------+
#     |  traffic     eth0 |----------| eth1  dormouse eth0 |----------| eth0   sink         |
#     |                   | 10.77.2/ |        unseen       | 10.77.1/ |        scraper      |
#     +-------------------+   24     +---------------------+   24     +---------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl

make_space a b c
join a eth0 b eth0 1
join a eth1 c eth0 2
start_sink b 7000
start_monitor a --interval 100ms

watched=(dormouse_tcp_transmit_bytes_total dormouse_self_transmit_bytes_total
	dormouse_udp_transmit_bytes_total dormouse_unaccounted_transmit_bytes_total
	dormouse_tcp_connections_opened_total)
declare -A before=() moved=()

# What the links of the pod sent, bytes and packets.
sent() {
	echo $(($(link_counter a eth0 "tx_$1") + $(link_counter a eth1 "tx_$1")))
}

segments() {
	snmp a Tcp OutSegs
}

# What is missing an account is told a second later at the earliest: longer than that.
tell() {
	settle a 15
}

mark() {
	tell
	local page
	page=$(metrics a)
	for name in "${watched[@]}"; do
		before[$name]=$(awk -v name="$name" '$1 == name { print $2 }' <<<"$page")
	done
	before[link]=$(sent bytes) before[packets]=$(sent packets)
	before[segments]=$(segments) before[udp]=$(snmp a Udp OutDatagrams)
	before[udplite]=$(snmp a UdpLite OutDatagrams)
}

measure() {
	tell
	local page
	moved[link]=$(($(sent bytes) - before[link]))
	moved[packets]=$(($(sent packets) - before[packets]))
	moved[segments]=$(($(segments) - before[segments]))
	moved[datagrams]=$(($(snmp a Udp OutDatagrams) - before[udp] +
		$(snmp a UdpLite OutDatagrams) - before[udplite]))
	page=$(metrics a)
	for name in "${watched[@]}"; do
		moved[$name]=$(($(awk -v name="$name" '$1 == name { print $2 }' <<<"$page") -
			before[$name]))
	done
	tcp=${moved[dormouse_tcp_transmit_bytes_total]}
	own=${moved[dormouse_self_transmit_bytes_total]}
	udp=${moved[dormouse_udp_transmit_bytes_total]}
	unaccounted=${moved[dormouse_unaccounted_transmit_bytes_total]}
}

# conserved WHAT LEAST MOST: the parts make up the whole within 1 %, where a segment of
# TCP has a header of 54 to 94 bytes and a datagram one of 42; and so many bytes of it are
# unaccounted for.
conserved() {
	measure
	local tcp_packets=$((moved[packets] - moved[datagrams]))
	((tcp_packets > moved[segments])) && tcp_packets=${moved[segments]}
	local least=$((tcp + own + udp + unaccounted + 42 * moved[datagrams]))
	printf '        %s: link %d = TCP %d + headers of %d segments + UDP %d + own %d + unaccounted %d\n' \
		"$1" "${moved[link]}" "$tcp" "$tcp_packets" "$udp" "$own" "$unaccounted"
	check_between "$1: what the link sent, less all parts but TCP's headers" \
		$((-moved[link] / 100)) $((94 * tcp_packets + moved[link] / 100)) \
		$((moved[link] - least))
	check_between "$1: unaccounted for" "$2" "$3" "$unaccounted"
}

# opened COUNT: since mark. The kernel's own count has the scrapes over loopback in it;
# while there are many, so many others may be on their way.
opened() {
	sleep 3
	echo $(($(metric a dormouse_tcp_connections_opened_total) -
		before[dormouse_tcp_connections_opened_total]))
}

check_opened() {
	eventually "connections opened, as the kernel counts them" "$1" opened
	settle a 15
	check "connections opened, when all is told" "$1" "$(opened)"
}

# --- what sockets account for ----------------------------------------------------------
mark
inside a "$work/traffic" connect 10.77.1.2 7000 5000 1000 20 >"$work/out"
conserved "5,000 short connections" 0 20000
check_opened 5000

mark
inside a "$work/traffic" connect 10.77.1.2 7000 4 5000000 2 >"$work/out"
conserved "great connections" 0 20000

mark
inside a "$work/traffic" datagrams 10.77.1.2 7000 2000 1000 >"$work/out"
conserved "datagrams" 0 20000

mark
inside b "$work/unseen" take 10.77.1.1 9477 /metrics 200 100 0 >"$work/out"
conserved "scrapes" 0 20000

mark
inside b "$work/unseen" take 10.77.1.1 9477 /metrics 200 100 88 >"$work/out"
conserved "scrapes by a client with a small segment size" 0 60000

# --- what they do not ------------------------------------------------------------------
mark
inside a "$work/unseen" resets 10.77.1.2 7000 400 20000 0 >"$work/out"
conserved "400 connections, each reset" 7500000 8300000
check_opened 400

mark
inside a "$work/unseen" reuse 10.77.1.2 7000 400 20000 0 >"$work/out"
conserved "one socket, connected 400 times" 7500000 8300000
check_opened 400

mark
inside a "$work/unseen" pings 10.77.1.2 2000 1000 0 >"$work/out"
conserved "pings" 2000000 2100000

mark
inside a "$work/unseen" raw 10.77.1.2 253 2000 1000 0 >"$work/out"
conserved "raw packets" 2000000 2100000

mark
inside a "$work/unseen" frames eth0 2000 1000 0 >"$work/out"
conserved "frames of a packet socket" 1950000 2100000

mark
inside a "$work/unseen" udplite 10.77.1.2 7001 2000 1000 0 >"$work/out"
conserved "UDP-Lite" 0 20000

inside a sysctl -qw net.ipv4.ip_forward=1
inside c ip route add 10.77.1.0/24 via 10.77.2.1
inside b ip route add 10.77.2.0/24 via 10.77.1.1
mark
inside c "$work/traffic" connect 10.77.1.2 7000 4 1000000 2 >"$work/out"
conserved "forwarded by the kernel" 4000000 4400000

finish
