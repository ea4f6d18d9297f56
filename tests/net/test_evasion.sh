#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Who sends in a way that no socket's counters tell, or passes for the monitor, is told
# of all the same, with the right peer or with what is unaccounted for.
#
#     +--------- aN --------+               +--------- bN --------+
#     |  dormouse      eth0 |---------------| eth0   sink         |
#     |  unseen             |  10.77.N.0/24 |        scraper      |
#     +---------------------+               +---------------------+
#
# Each attack has a pod of its own; all run at the same time.
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl

attacks=(cloak squat source_port resets reuse pings packets tunnel within)
declare -A net=()

quiet_pod() {
	local name=$1 number=$2
	net[$name]=10.77.$number
	make_space "a$name" "b$name"
	join "a$name" eth0 "b$name" eth0 "$number"
	start_sink "b$name" 7000
	start_monitor "a$name" --interval 1s --learn 10s --dormant-after 8s
}

number=1
for attack in "${attacks[@]}"; do
	quiet_pod "$attack" $((number++))
done
inside awithin ip address add "${net[within]}.101/24" dev eth0

is_dormant() {
	[[ $(metric "a$1" 'dormouse_pod_state{state="dormant"}') == 1 ]]
}
for attack in "${attacks[@]}"; do
	wait_for "the pod of $attack is dormant" is_dormant "$attack" || true
done

# --- the attacks -----------------------------------------------------------------------
# Pings beside a client that scrapes with a small segment size, so that the answers look
# like many packets.
start bcloak cloak.scrapes "$work/unseen" take 10.77.1.1 9477 /metrics 1500 64 88
start acloak cloak.log "$work/unseen" pings 10.77.1.2 1250 1400 50
# The monitor's own port on the pod's address: free, because it is on loopback.
start asquat squat.log "$work/unseen" serve "${net[squat]}.1" 9478 20000000
wait_for "the port is taken" grep -qs ready "$work/squat.log"
start bsquat squat.take "$work/unseen" take "${net[squat]}.1" 9478 - 1 0 0
start asource_port from.log "$work/unseen" from "${net[source_port]}.1" 9478 "${net[source_port]}.2" 7000 12600000
start aresets resets.log "$work/unseen" resets "${net[resets]}.2" 7000 400 20000 20
start areuse reuse.log "$work/unseen" reuse "${net[reuse]}.2" 7000 400 20000 20
start apings pings.log "$work/unseen" pings "${net[pings]}.2" 1000 1000 100
start apackets packets.log "$work/unseen" frames eth0 2000 1000 200
# Raw packets inside of a tunnel that the kernel makes: counted once, on the link below.
inside atunnel ip link add vx0 type vxlan id 7 remote "${net[tunnel]}.2" dstport 4789
inside atunnel ip address add 10.99.0.1/24 dev vx0
inside atunnel ip link set vx0 up
inside atunnel ip neighbour add 10.99.0.2 lladdr 02:00:00:00:00:09 dev vx0 nud permanent
start atunnel tunnel.log "$work/unseen" raw 10.99.0.2 253 1000 1000 100

# Pings beside as much TCP between two of the pod's own addresses, which is on no link.
within=${net[within]}
start_sink awithin 7001
start awithin within.tcp bash -c "for port in {20001..20040}; do
	'$work/unseen' from $within.1 \$port $within.101 7001 50000; sleep .25; done"
start awithin within.log "$work/unseen" pings "$within.2" 1000 1000 100

# --- what is told ----------------------------------------------------------------------
patience=$((patience + 30))
told() {
	alerts "a$1" '[.alerts[] | select(.kind == "dormancy-break" or .kind == "egress-volume" or
		.kind == "connection-fanout")] | length > 0'
}
for attack in "${attacks[@]}"; do
	eventually "$attack is told of" true told "$attack"
done

# Until the evidence is complete.
for log in cloak.log squat.log from.log resets.log reuse.log pings.log packets.log tunnel.log within.log; do
	wait_for "${log%.log} ends" grep -qs ^done "$work/$log" || true
done
for attack in "${attacks[@]}"; do
	settle "a$attack" 3
done

unaccounted() {
	alerts "a$1" '[.alerts[].evidence.unaccounted.bytes // 0] | max'
}
check_between "cloak: unaccounted for of 1,802,500 bytes of pings" 1450000 1850000 "$(unaccounted cloak)"
check_between "resets: unaccounted for of 8,000,000 bytes" 7000000 8300000 "$(unaccounted resets)"
check_between "reuse: unaccounted for of 8,000,000 bytes" 7000000 8300000 "$(unaccounted reuse)"
check_between "pings: unaccounted for of 1,042,000 bytes" 900000 1100000 "$(unaccounted pings)"
check_between "packets: unaccounted for of 2,000,000 bytes" 1800000 2100000 "$(unaccounted packets)"
check_between "tunnel: unaccounted for of 1,084,000 bytes" 900000 1100000 "$(unaccounted tunnel)"
check_between "within: unaccounted for of 1,042,000 bytes of pings" 850000 1100000 "$(unaccounted within)"

sum_to() {
	alerts "a$1" "[.alerts[0].evidence.destinations[] | select(.address == \"$2\") | .bytes] | add"
}
check_between "squat: bytes to the peer, of 20,000,000" 19000000 21000000 \
	"$(sum_to squat "${net[squat]}.2")"
check_between "source port: bytes to the peer, of 12,600,000" 12000000 13000000 \
	"$(sum_to source_port "${net[source_port]}.2")"
for attack in squat source_port; do
	check_between "$attack: the monitor's own bytes" 0 0 \
		"$(metric "a$attack" dormouse_self_transmit_bytes_total)"
done
check_that "pings are named" has_alert apings '.summary | contains("(ICMP)")'
check_that "resets are named" has_alert aresets '.summary | contains("connections that were reset")'
check_that "the monitor's own is no more than the link carried" \
	test "$(metric acloak dormouse_self_transmit_bytes_total)" -le \
	"$(link_counter acloak eth0 tx_bytes)"

finish
