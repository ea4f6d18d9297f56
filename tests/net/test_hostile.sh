#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A thousand hostile connections at the monitor's ports keep nobody out and delay no sample:
# from four addresses of both families at 9477, and from four addresses of loopback, as the
# watched program has them, at 9478. Meanwhile Prometheus scrapes, a kubelet probes and a
# person reads the alerts, each time on a new connection. Then, with a scraper left, late.py looks
# how late samples are taken. Prints a table, a line for each kind of hostility. Runs alone: a
# crowd takes all the processors that it gets.
#
#     +--------- c ---------+          +--------- a ---------+          +--------- b ---------+
#     |  hostile.py    eth0 |----------| eth0 dormouse  eth1 |----------| eth0  honest.py     |
#     |  four addresses     | 10.77.1/ | hostile.py on       | 10.77.2/ |                     |
#     +---------------------+    24    | loopback            |    24    +---------------------+
#                                      +---------------------+
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl python3
here=$(dirname "$0")
each=250               # connections of each of four addresses
asked=${ASKED:-40}     # requests of each honest client, ten a second
lost=$(((asked + 99) / 100)) # of them, at most
looked=$((asked / 10))       # seconds that lateness is measured, five samples each
later_ms=5                   # than without a crowd, at most: the 99th percentile
kinds=${KINDS:-idle drip renew half-closed unread reset ask syn}
memory_max=6000 # KiB, with the distribution's libraries
if [[ -x $STATIC ]]; then
	install -m 755 "$STATIC" "$work/dormouse"
	memory_max=1280
fi

make_space a b c
join a eth0 c eth0 1
join a eth1 b eth0 2
inside a ip address add fd77:9::1/64 dev eth0 nodad
inside c ip address add fd77:9::2/64 dev eth0 nodad
inside c ip address add 10.77.1.3/24 dev eth0
inside b ip address add 10.77.2.3/24 dev eth0
# Addresses that do not answer: what is sent to them is dropped at the other end.
peer=$(inside c cat /sys/class/net/eth0/address)
for i in {100..199}; do
	echo "neigh add 10.77.1.$i lladdr $peer dev eth0"
done >"$work/neighbours"
inside a ip -batch "$work/neighbours"
start_monitor a --interval 200ms

of_process() {
	awk -v name="$1:" '$1 == name { print $2 }' "/proc/${monitor_pid[a]}/status"
}

# attack HOW SECONDS: the crowd is nice: in a cluster it has other processors. It is there until
# withdraw(), or for that long.
crowd=()
attack() {
	local at
	crowd=()
	if [[ $1 == syn ]]; then
		start c four-9477 nice -n 19 python3 "$here/hostile.py" syn 10.77.1.1 9477 1 "$2" 10.77.1.2
		crowd=("$started")
		wait_for "the crowd is there" grep -qs here "$work/four-9477"
		return
	fi
	start c four-9477 nice -n 19 python3 "$here/hostile.py" "$1" 10.77.1.1 9477 $each "$2" 10.77.1.2 10.77.1.3
	crowd+=("$started")
	start c six-9477 nice -n 19 python3 "$here/hostile.py" "$1" fd77:1::1 9477 $each "$2" fd77:1::2
	crowd+=("$started")
	start c nine-9477 nice -n 19 python3 "$here/hostile.py" "$1" fd77:9::1 9477 $each "$2" fd77:9::2
	crowd+=("$started")
	start a near-9478 nice -n 19 python3 "$here/hostile.py" "$1" 127.0.0.1 9478 $each "$2" \
		127.0.0.2 127.0.0.3 127.0.0.4 127.1.2.3
	crowd+=("$started")
	for at in four-9477 six-9477 nine-9477 near-9478; do
		wait_for "the crowd is there" grep -qs here "$work/$at"
	done
}

withdraw() {
	local who
	for who in "${crowd[@]}"; do
		kill "$who" 2>/dev/null || true # its time may be over
	done
	for who in "$work"/{four,six,nine}-9477 "$work/near-9478"; do
		[[ -e $who ]] || continue
		wait_for "the crowd goes" grep -qs "^opened " "$who" || cat "$who"
		check_between "$1: ${who##*/}: connections opened" 100 10000000 "$(field opened "$who")"
	done
	crowd=()
}

# measure_lateness HOW: into $work/late. Another tenant of this machine's processors may stop all
# that runs here: what was too late is measured again.
idle_ms=
measure_lateness() {
	local tries scraper
	for tries in 1 2 3; do
		start b still-scrapes python3 "$here/honest.py" 10.77.2.1 9477 /metrics $((looked * 30)) 10 10.77.2.2
		scraper=$started
		python3 "$here/late.py" "${monitor_pid[a]}" $looked >"$work/late"
		stop "$scraper"
		echo "$1: $(tail -n 1 "$work/late")"
		[[ -n $idle_ms ]] || idle_ms=$(field late "$work/late")
		is_in_time && return
		echo "$1: later than $idle_ms ms by more than $later_ms ms, try $tries"
	done
}

is_in_time() {
	awk -v late="$(field late "$work/late")" -v idle="$idle_ms" -v later=$later_ms \
		'BEGIN { exit !(late != "" && late <= idle + later) }'
}

field() {
	awk -v name="$1" '{ for (i = 1; i < NF; i++) if ($i == name) print $(i + 1) }' "$2"
}

total() {
	cat "$@" 2>/dev/null | awk '$1 == "opened" { sum += $2 } END { print sum + 0 }'
}

# measure HOW: the honest clients meanwhile, and what became of the monitor.
measure() {
	local how=$1 who clients=() before missed seconds=$((asked / 10 + 4 * looked + 20)) memory fds
	rm -f "$work"/{four,six,nine}-9477 "$work/near-9478"
	echo 5 >"/proc/${monitor_pid[a]}/clear_refs" # VmHWM begins anew
	before=$(metric a dormouse_samples_total)
	missed=$(metric a dormouse_sample_gaps_total)
	[[ $how == none ]] || attack "$how" $seconds
	sleep 1 # the crowd takes its places
	start b scrapes python3 "$here/honest.py" 10.77.2.1 9477 /metrics "$asked" 10 10.77.2.2
	clients+=("$started")
	start b probes python3 "$here/honest.py" 10.77.2.1 9477 /healthz "$asked" 10 10.77.2.3
	clients+=("$started")
	start a person python3 "$here/honest.py" 127.0.0.1 9478 /alerts "$asked" 10
	clients+=("$started")
	for who in "${clients[@]}"; do
		wait "$who" || true
	done
	# Before its lateness is measured: one that goes before all others on the machine answers
	# more of the crowd, and has more of it at a time, than it ever would.
	memory=$(of_process VmHWM)
	measure_lateness "$how"
	missed=$(($(metric a dormouse_sample_gaps_total) - missed))
	fds=$(find "/proc/${monitor_pid[a]}/fd" -mindepth 1 | wc -l)
	withdraw "$how"
	printf '%-12s %7s %8s %7s %7s %7s %6s %8s  %s\n' "$how" "$(field answered "$work/scrapes")" \
		"$(field answered "$work/probes")" "$(field answered "$work/person")" "$memory" "$fds" \
		"$missed" "$(field late "$work/late")" \
		"$(total "$work"/{four,six,nine}-9477 "$work/near-9478" || true)" >>"$work/table"
	for who in scrapes probes person; do
		echo "$how: $who: $(<"$work/$who")"
		check_between "$how: $who answered within a second, of $asked" $((asked - lost)) "$asked" \
			"$(field answered "$work/$who")"
	done
	check_between "$how: resident at most, KiB" 1 "$memory_max" "$memory"
	check_between "$how: descriptors" 1 90 "$fds"
	check_between "$how: 99th percentile of lateness, ms" 0 \
		"$(awk "BEGIN { print $idle_ms + $later_ms }")" "$(field late "$work/late")"
	check "$how: gaps" 0 "$missed"
	check_between "$how: samples" $((asked / 3)) 100000 $(($(metric a dormouse_samples_total) - before))
}

printf '%-12s %7s %8s %7s %7s %7s %6s %8s  %s\n' kind scrapes probes person KiB fds gaps 'late, ms' opened >"$work/table"
for how in none $kinds; do
	measure "$how"
done
cat "$work/table"

# The measure itself: a monitor that is stopped meanwhile is late.
is_stopped() {
	grep -qs '^State:.T' "/proc/${monitor_pid[a]}/status"
}
start a late-when-stopped python3 "$here/late.py" "${monitor_pid[a]}" 3
looker=$started
wait_for "lateness is measured" grep -qs looking "$work/late-when-stopped"
kill -STOP "${monitor_pid[a]}"
wait_for "the monitor is stopped" is_stopped
sleep 0.5
kill -CONT "${monitor_pid[a]}"
wait "$looker"
check_between "lateness of a monitor that is stopped for 500 ms, ms" 100 3000 \
	"$(field late "$work/late-when-stopped")"

metrics a | grep '^dormouse_http_refused_total'
finish
