#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Thousands of connections, each opened and closed between two samples, are counted
# exactly, or the monitor says how many reports of them it lost.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse      eth0 |---------------| eth0   sink         |
#     |  traffic            |  10.77.1.0/24 |                     |
#     |                     |  fd77:1::/64  |                     |
#     +---------------------+               +---------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl setpriv

connections=5000 bytes=100

make_space a b
join a eth0 b eth0 1
start_sink b 7000

# burst WHO ADDRESS: one burst, against what the monitor says of it.
burst() {
	local opened sent lost count total seconds
	settle a
	opened=$(metric a dormouse_tcp_connections_opened_total)
	sent=$(metric a dormouse_tcp_initiated_transmit_bytes_total)
	lost=$(metric a dormouse_socket_events_lost_total)
	inside a "$work/traffic" connect "$2" 7000 $connections $bytes 64 >"$work/out"
	read -r _ count total seconds < <(tail -n 1 "$work/out")
	settle a
	opened=$(($(metric a dormouse_tcp_connections_opened_total) - opened))
	sent=$(($(metric a dormouse_tcp_initiated_transmit_bytes_total) - sent))
	lost=$(($(metric a dormouse_socket_events_lost_total) - lost))
	echo "$1: $count connections to $2, $total bytes, in $seconds s; events lost: $lost"
	check "$1, $2: connections opened" "$count" "$opened"
	if ((lost == 0)); then
		check "$1, $2: bytes sent on them" "$total" "$sent"
	else
		check_between "$1, $2: bytes sent on them, but for those lost" \
			$((total - lost * bytes)) "$total" "$sent"
	fi
}

for interval in 1s 10s; do
	# Longer than the burst and shorter: the totals are the same.
	start_monitor a --interval $interval
	if [[ $interval == 1s ]]; then
		burst "as root" 10.77.1.2
		burst "as root" fd77:1::2
	else
		# The first sample is taken at the start; wait for no other than the next one.
		inside a "$work/traffic" connect 10.77.1.2 7000 $connections $bytes 64 \
			>"$work/out"
		wait_for "the next sample" metric_at_least a dormouse_samples_total 2
		lost=$(metric a dormouse_socket_events_lost_total)
		check "between two samples: connections opened" $connections \
			"$(metric a dormouse_tcp_connections_opened_total)"
		check_between "between two samples: bytes sent, $lost events lost" \
			$(((connections - lost) * bytes)) $((connections * bytes)) \
			"$(metric a dormouse_tcp_initiated_transmit_bytes_total)"
	fi
	stop_monitor a
done

run_as=("${unprivileged[@]}")
start_monitor a --interval 1s
burst "without privilege" 10.77.1.2
burst "without privilege" fd77:1::2
stop_monitor a

# A monitor that is kept from reading: its event socket overflows. What was lost is counted
# and the connections are, too.
start_monitor a --interval 1s
settle a
kill -STOP "${monitor_pid[a]}"
for _ in 1 2 3 4; do
	inside a "$work/traffic" connect 10.77.1.2 7000 $connections $bytes 64 >"$work/out"
done
kill -CONT "${monitor_pid[a]}"
settle a
lost=$(metric a dormouse_socket_events_lost_total)
check "overrun: connections opened" $((4 * connections)) \
	"$(metric a dormouse_tcp_connections_opened_total)"
check_between "overrun: bytes sent, $lost events lost" \
	$(((4 * connections - lost) * bytes)) $((4 * connections * bytes)) \
	"$(metric a dormouse_tcp_initiated_transmit_bytes_total)"
finish
