#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Interfaces come with a past, flap, are renamed, vanish and come back: the metrics follow
# their names, and no signal ever jumps by what did not flow.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse      eth0 |---------------| eth0   sink         |
#     |                     |  10.77.1.0/24 |                     |
#     |        eth1 -> net7 |- - - - - - - -| eth1                |
#     +---------------------+  10.77.2.0/24 +---------------------+
#                        ^
#              +-- c ----|---+   eth1 begins in c, sends there, and moves to a
#              |        eth1 |
#              +-------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl

past=50000000  # bytes that an interface has sent before the monitor sees it
jump=2000000   # bytes a second; the noise of a link that comes up is far below

make_space a b c
join a eth0 b eth0 1
join c eth1 b eth1 2
start_sink b 7000

inside a "$work/traffic" connect 10.77.1.2 7000 1 $past 1 >"$work/out"
inside c "$work/traffic" connect 10.77.2.2 7000 1 $past 1 >"$work/out"

start_monitor a --interval 200ms --profile dormant

# Every sample's values are read: the largest of each signal is kept.
watch_signals() {
	while :; do
		metrics a | awk '/^dormouse_signal_value\{signal="[rt]x_/ { print }' || true
		sleep 0.05
	done
}
watch_signals >"$work/signals" 2>/dev/null &
watcher=$!
pids+=("$watcher")

# largest SIGNAL: the most a second that any sample has shown.
largest() {
	awk -v signal="signal=\"$1\"" 'index($1, signal) && $2 + 0 > most { most = $2 + 0 }
		END { printf "%.0f\n", most }' "$work/signals"
}

check_no_jump() {
	settle a
	check_between "$1: most bytes a second sent" 0 $jump "$(largest tx_bytes)"
	check_between "$1: most bytes a second received" 0 $jump "$(largest rx_bytes)"
}

# sent DEVICE: as the metric says.
sent() {
	metric a "dormouse_network_transmit_bytes_total{device=\"$1\"}"
}

kernel_agrees() {
	local kernel
	kernel=$(link_counter a "$1" tx_bytes)
	settle a 2
	[[ $(sent "$1") == "$kernel" && $(link_counter a "$1" tx_bytes) == "$kernel" ]]
}

check_no_jump "eth0 has sent $past bytes before the monitor started"
check_that "eth0's past is in its metric" metric_at_least a \
	'dormouse_network_transmit_bytes_total{device="eth0"}' $past

for _ in {1..10}; do
	inside a ip link set eth0 down
	inside a ip link set eth0 up
done
check_no_jump "eth0 has flapped ten times"
check_that "eth0's metric is the kernel's" wait_for "eth0 agrees" kernel_agrees eth0

inside c ip link set eth1 netns "$(space_name a)"
wait_for "eth1 is among the metrics" metric_at_least a \
	'dormouse_network_transmit_bytes_total{device="eth1"}' 0
address a eth1 2 1
check_no_jump "eth1 has come with $past bytes sent elsewhere"

inside a ip link set eth1 down
inside a ip link set eth1 name net7
inside a ip link set net7 up
wait_for "net7 is among the metrics" metric_at_least a \
	'dormouse_network_transmit_bytes_total{device="net7"}' 0
eventually "the old name is gone" "" sent eth1
check_no_jump "eth1 has become net7"
check_that "net7's metric is the kernel's" wait_for "net7 agrees" kernel_agrees net7

inside a ip link del net7
eventually "net7 has vanished from the metrics" "" sent net7
check_no_jump "net7 has vanished"

# eth0 vanishes and comes back under its name, its counters anew.
for _ in {1..3}; do
	inside a ip link del eth0
	join a eth0 b eth0 1
done
wait_for "eth0 is back" metric_at_least a \
	'dormouse_network_transmit_bytes_total{device="eth0"}' 0
check_no_jump "eth0 was made anew"
check_that "eth0's metric began anew" wait_for "eth0 agrees" kernel_agrees eth0

# Renamed away, and another takes the name at once.
inside a ip link set eth0 down
inside a ip link set eth0 name old0
join a eth0 b eth8 3
wait_for "old0 is among the metrics" metric_at_least a \
	'dormouse_network_transmit_bytes_total{device="old0"}' 0
check_no_jump "eth0 is another interface"
check_that "eth0's metric is the kernel's" wait_for "eth0 agrees" kernel_agrees eth0

check "alerts" 0 "$(alerts a '.alerts | length')"

# What flows is still seen.
inside a "$work/traffic" connect 10.77.3.2 7000 1 $past 1 >"$work/out"
saw_traffic() {
	(($(largest tx_bytes) > jump))
}
check_that "traffic over the new eth0 is seen" wait_for "it shows" saw_traffic
check_that "eth0's metric is the kernel's" wait_for "eth0 agrees" kernel_agrees eth0
finish
