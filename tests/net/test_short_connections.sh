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
# Each burst has an address of its own: a port rests for a minute after a connection.
for last in {3..11}; do
	inside b ip address add "10.77.1.$last/24" dev eth0
	inside b ip address add "fd77:1::$last/64" dev eth0 nodad
done

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
		burst "as root" 10.77.1.3
		burst "as root" fd77:1::3
	else
		# The first sample is taken at the start; wait for no other than the next one.
		inside a "$work/traffic" connect 10.77.1.4 7000 $connections $bytes 64 \
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
burst "without privilege" 10.77.1.5
burst "without privilege" fd77:1::5
stop_monitor a

# A monitor that is kept from reading: its event socket overflows. What was lost is counted;
# how many connections there were is mended from the kernel's count, in which the scrapes
# over loopback have a share that is estimated.
start_monitor a --interval 1s
settle a
kill -STOP "${monitor_pid[a]}"
for last in 8 9 10 11; do
	inside a "$work/traffic" connect "10.77.1.$last" 7000 $connections $bytes 64 >"$work/out"
done
# The kernel hands the reports out from a queue of its own, in its own time.
dropped() {
	inside a awk '$2 == 4 && $9 > 0 { exit 1 }' /proc/net/netlink && return 1
	return 0
}
wait_for "the event socket overflows" dropped
kill -CONT "${monitor_pid[a]}"
settle a
total=$((4 * connections))
lost=$(metric a dormouse_socket_events_lost_total)
check_between "overrun: events lost of $total" 1 $total "$lost"
# An open must stay unseen for a second before it is added, over two scans: its report may
# only be late.
wait_for "the connections that were lost are added" metric_at_least a \
	dormouse_tcp_connections_opened_total $((total * 99 / 100)) || true
check_between "overrun: connections opened" $((total * 99 / 100)) $total \
	"$(metric a dormouse_tcp_connections_opened_total)"
check_between "overrun: bytes sent, $lost events lost" \
	$(((total - lost) * bytes)) $((total * bytes)) \
	"$(metric a dormouse_tcp_initiated_transmit_bytes_total)"
finish
