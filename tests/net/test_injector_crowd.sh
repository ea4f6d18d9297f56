#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A crowd at the injector's door keeps nobody out: from four addresses of both families,
# 300 connections each that say nothing, or half of what they should, and come again when
# they are cut or before, at the webhook's port and at that of health and metrics; meanwhile reviews
# come on connections of their own and on kept ones, and a probe each fifth of a second.
# Runs alone: a crowd takes all the processors that it gets.
#
#     +--------- c ---------+          +--------- a ---------+          +--------- b ---------+
#     |  crowd.py      eth0 |----------| eth0 injector  eth1 |----------| eth0  probes        |
#     |  four addresses     | 10.77.1/ | reviewer (loopback) | 10.77.2/ |                     |
#     +---------------------+    24    +---------------------+    24    +---------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=injector.sh
source "$(dirname "$0")/injector.sh"
need_injector python3
crowd=$(dirname "$0")/crowd.py

make_space a b c
join a eth0 c eth0 1
join a eth1 b eth0 2
inside a ip address add fd77:9::1/64 dev eth0 nodad
inside c ip address add fd77:9::2/64 dev eth0 nodad
inside c ip address add 10.77.1.3/24 dev eth0
start_injector a 8443 --listen '[::]:8443' --metrics-listen '[::]:8444'

# attack HOW SECONDS: at both ports. The crowd is nice: in a cluster it has other processors. Nothing speaks TLS at the second.
attack() {
	local port how=$1
	for port in 8443 8444; do
		start c "four-$port" nice -n 19 python3 "$crowd" 10.77.1.1 $port "$how" 300 "$2" 10.77.1.2 10.77.1.3
		start c "six-$port" nice -n 19 python3 "$crowd" fd77:1::1 $port "$how" 300 "$2" fd77:1::2
		start c "nine-$port" nice -n 19 python3 "$crowd" fd77:9::1 $port "$how" 300 "$2" fd77:9::2
		[[ $how != handshake && $how != request ]] || how=silent
	done
	for port in 8443 8444; do
		wait_for "the crowd is there" grep -qs crowding "$work/four-$port" "$work/nine-$port"
	done
}

# probe URL: /healthz again and again; how many failed or took longer than a second.
probe() {
	inside b bash -c 'late=0 all=0 end=$((SECONDS + 12))
		while ((SECONDS < end)); do
			((all += 1))
			[[ $(curl -s --max-time 1 "$1") == ok* ]] || ((late += 1))
			sleep .2
		done
		echo "probes $all late $late"' - "$1"
}

sum_of_metric() {
	inside a curl -sf --max-time 10 http://127.0.0.1:8444/metrics |
		awk -v name="$1" 'index($1, name) == 1 { sum += $2 } END { print sum + 0 }'
}

for how in ${KINDS:-silent half-hello handshake request}; do
	attack "$how" 16
	refused=$(sum_of_metric dormouse_injector_connections_refused_total)
	start a fresh "$work/reviewer" 8443 "$review" 4 100 10 fresh
	fresh=$started
	start a kept "$work/reviewer" 8443 "$review" 2 100 10
	kept=$started
	held=$(measure a 8443 'dormouse_injector_connections{port="reviews"}')
	probe http://10.77.2.1:8444/healthz >"$work/probes"
	wait "$fresh" || true
	wait "$kept" || true
	cat "$work/fresh" "$work/kept" "$work/probes"
	check "$how: reviews on connections of their own" 100 "$(field answered <"$work/fresh")"
	check "$how: reviews on kept connections" 100 "$(field answered <"$work/kept")"
	check_between "$how: probes" 10 100 "$(field probes <"$work/probes")"
	check "$how: probes that failed or took longer than a second" 0 "$(field late <"$work/probes")"
	check_between "$how: connections refused" 1 100000000 \
		$(($(sum_of_metric dormouse_injector_connections_refused_total) - refused))
	check_between "$how: places held" 1 280 \
		"$held"
	for log in four six nine; do
		wait_for "the crowd goes" grep -qs opened "$work/$log-8443" "$work/$log-8444" || true
	done
done

check_that "who held the places is told" grep -q '"event":"crowded","message":"all 256 places of ' \
	"$work/injector-8443.log"
check_between "lines of it" 1 8 "$(grep -c '"event":"crowded"' "$work/injector-8443.log")"
check_resident "resident, KiB" 1 24576 "$(of_process VmRSS)"
finish
