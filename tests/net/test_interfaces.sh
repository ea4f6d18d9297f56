#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Whatever interfaces there are, each byte that leaves counts once: over forty of them,
# over tunnels, bridges and what else stands on the pod's own; and where none is watched,
# it is said. The kernel's counters on one side, what is recorded on the other.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse      eth0 |---------------| eth0   sink         |
#     |   up0 on eth0       |  10.77.1.0/24 |                up0  |
#     |                     |  10.78.0.0/24 over up0              |
#     +---------------------+               +---------------------+
#
#     +--------- c ---------+     forty pairs, v1 to v40
#     |  dormouse  v1..v40  |=============== d   sink
#     +---------------------+
#
#     +--------- e ---------+     one interface, z0, and a list that does not mean it
#     |  dormouse        z0 |--------------- f
#     +---------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl

payload=4000000

make_space a b c d e f
join a eth0 b eth0 1
join e z0 f z0 2
start_sink b 7000
start_sink d 7000

# record SPACE [FLAG...]: begins to record into $work/SPACE.csv.
record() {
	local space=$1
	shift
	rm -f "$work/$space.csv"
	start "$space" "record-$space.log" "$work/dormouse" record --interval 200ms \
		--out "$work/$space.csv" "$@"
	recorder=$started
	wait_for "it records in $space" has_rows "$space"
}

has_rows() {
	[[ -e $work/$1.csv ]] && (($(wc -l <"$work/$1.csv") >= 2))
}

# recorded SPACE COLUMN: what the column moved by, once the recorder has been stopped.
recorded() {
	awk -F, -v column="$2" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == column) at = i; next }
		$at != "" { if (first == "") first = $at; last = $at }
		END { printf "%.0f\n", last - first }' "$work/$1.csv"
}

# kernel_sum SPACE COUNTER IFACE...: their sum, as the kernel says.
kernel_sum() {
	local space=$1 counter=$2 sum=0 iface
	shift 2
	for iface in "$@"; do
		sum=$((sum + $(link_counter "$space" "$iface" "$counter")))
	done
	echo "$sum"
}

# check_once NAME SPACE FLAGS ADDRESS IFACE...: sends to the address; what is recorded is
# what the kernel says of those interfaces together, within a hundredth.
check_once() {
	local name=$1 space=$2 flags=$3 address=$4 before moved ours
	shift 4
	# shellcheck disable=SC2086
	record "$space" $flags
	before=$(kernel_sum "$space" tx_bytes "$@")
	inside "$space" "$work/traffic" connect "$address" 7000 4 $((payload / 4)) 4 >"$work/out"
	inside "$space" "$work/traffic" datagrams "$address" 7000 500 1000 >"$work/out"
	moved=$(($(kernel_sum "$space" tx_bytes "$@") - before))
	stop "$recorder"
	ours=$(recorded "$space" tx_bytes)
	check_between "$name: bytes sent, by the kernel $moved" $((moved - moved / 100)) \
		$((moved + moved / 100)) "$ours"
	check_between "$name: no less than was sent" $((payload + 500000)) $((3 * payload)) \
		"$ours"
}

# --- stacked interfaces ---------------------------------------------------------------
check_once "the pod's own interface" a "" 10.77.1.2 eth0

# above KIND ARGUMENTS_IN_A [ARGUMENTS_IN_B]: makes up0 of that kind, in b as well where it
# takes two, with 10.78.0.1 and .2. Says it where the kernel has no such kind.
above() {
	local kind=$1
	# shellcheck disable=SC2086
	if ! inside a ip link add up0 $2 2>"$work/err"; then
		echo "not on this kernel, not tested: $kind"
		return 1
	fi
	# shellcheck disable=SC2086
	[[ -z ${3:-} ]] || inside b ip link add up0 $3
	inside a ip address add 10.78.0.1/24 dev up0
	inside a ip link set up0 up
	if [[ -n ${3:-} ]]; then
		inside b ip address add 10.78.0.2/24 dev up0
		inside b ip link set up0 up
	else
		inside b ip address add 10.78.0.2/24 dev eth0
	fi
}

below() {
	inside a ip link del up0
	inside b ip link del up0 2>/dev/null || inside b ip address del 10.78.0.2/24 dev eth0
}

# check_stacked KIND: by default and where both are named.
check_stacked() {
	check_once "$1" a "" 10.78.0.2 eth0
	check_once "$1, named" a "--interfaces eth0,up0" 10.78.0.2 eth0 up0
	start_monitor a --interval 200ms
	check "$1 stands on eth0" 0 \
		"$(metric a 'dormouse_interface_counted{device="up0",on="eth0"}')"
	check "$1: eth0 counts" 1 \
		"$(metric a 'dormouse_interface_counted{device="eth0",on=""}')"
	check_between "$1: its own counter is shown" 0 1e12 \
		"$(metric a 'dormouse_network_transmit_bytes_total{device="up0"}')"
	stop_monitor a
}

remote_a="local 10.77.1.1 remote 10.77.1.2"
remote_b="local 10.77.1.2 remote 10.77.1.1"
if above vxlan "type vxlan id 5 $remote_a dstport 4789" \
	"type vxlan id 5 $remote_b dstport 4789"; then
	check_stacked vxlan
	below
fi
if above gre "type gre $remote_a" "type gre $remote_b"; then
	check_stacked gre
	below
fi
if above ipip "type ipip $remote_a" "type ipip $remote_b"; then
	check_stacked ipip
	below
fi
if above geneve "type geneve id 5 remote 10.77.1.2" \
	"type geneve id 5 remote 10.77.1.1"; then
	check_stacked geneve
	below
fi
if above vlan "link eth0 type vlan id 5" "link eth0 type vlan id 5"; then
	check_stacked vlan
	below
fi
if above macvlan "link eth0 type macvlan mode bridge"; then
	check_stacked macvlan
	below
fi
if above ipvlan "link eth0 type ipvlan"; then
	check_stacked ipvlan
	below
fi
if above bridge "type bridge"; then
	inside a ip link set eth0 master up0
	check_stacked bridge
	below
fi

# WireGuard, with the kernel's module and its tool.
if ! command -v wg >/dev/null; then
	echo "no wg here, not tested: wireguard"
elif above wireguard "type wireguard" "type wireguard"; then
	for space in a b; do
		wg genkey >"$work/$space.key"
		wg pubkey <"$work/$space.key" >"$work/$space.pub"
	done
	inside a wg set up0 private-key "$work/a.key" peer "$(<"$work/b.pub")" \
		endpoint 10.77.1.2:5182 allowed-ips 0.0.0.0/0
	inside b wg set up0 private-key "$work/b.key" listen-port 5182 \
		peer "$(<"$work/a.pub")" allowed-ips 0.0.0.0/0
	check_stacked wireguard
	below
fi

# What a dummy takes goes nowhere: it stands on nothing, and counts by itself.
if inside a ip link add up0 type dummy 2>/dev/null; then
	inside a ip address add 10.79.0.1/24 dev up0
	inside a ip link set up0 up
	record a
	before=$(link_counter a up0 tx_bytes)
	inside a "$work/traffic" datagrams 10.79.0.2 9 1000 1000 >"$work/out"
	moved=$(($(link_counter a up0 tx_bytes) - before))
	stop "$recorder"
	check_between "dummy: bytes sent" "$moved" $((moved + 2000)) "$(recorded a tx_bytes)"
	inside a ip link del up0
else
	echo "not on this kernel, not tested: dummy"
fi

# --- forty interfaces -----------------------------------------------------------------
all=()
for i in {1..40}; do
	join c "v$i" d "v$i" "$((100 + i))"
	all+=("v$i")
done
check_once "the first of forty" c "" 10.77.101.2 "${all[@]}"
check_once "the last of forty" c "" 10.77.140.2 "${all[@]}"
start_monitor c --interval 200ms
check "forty: all are watched" 40 "$(metric c dormouse_interfaces_matched)"
check "forty: so many are shown" 32 \
	"$(metrics c | grep -c '^dormouse_network_transmit_bytes_total{')"
check "forty: and the others told of" 8 "$(metric c dormouse_links_untracked_total)"
stop_monitor c

# --- a list that means nothing ---------------------------------------------------------
blind_lines() {
	log_lines e '.message | test("no interface is watched.*eth0.*such as z0")'
}

start_monitor e --interval 200ms --interfaces 'eth0,net*'
settle e
check "a wrong list: interfaces that are watched" 0 "$(metric e dormouse_interfaces_matched)"
check "a wrong list: it is told once" 1 "$(blind_lines)"
check "a wrong list: the baseline says so" 0 "$(fetch e 9478/status | jq .interfacesMatched)"
join e net1 f net1 3
eventually "a link comes that it means" 1 metric e dormouse_interfaces_matched
eventually "and that is told" 1 log_lines e '.message | test("net1 is watched now")'
inside e ip link del net1
eventually "it goes" 0 metric e dormouse_interfaces_matched
eventually "and that is told again" 2 blind_lines

# --- names ------------------------------------------------------------------------------
# As node_exporter shows them; and what is no UTF-8, in a way of its own.
strange=$(printf 'x\xff')
join e "net-ö日" f n1 4
join e "net\\xFF" f n2 5
inside e ip link set "net\\xFF" up
inside e ip link add "net$strange" type bridge
names() {
	metrics e | sed -n 's/^dormouse_network_transmit_bytes_total{device="\(.*\)"}.*/\1/p' | sort |
		tr '\n' ' '
}
expected='net-ö日 net\\x5CxFF netx\\xFF '
eventually "names, each in its own way" "$expected" names
stop_monitor e
finish
