#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# valgrind.sh - the monitor under valgrind for a minute, with traffic: no error, and all memory is
# freed at its end.
#
#     tests/bench/valgrind.sh [SECONDS]
#
# Runs build/dormouse: in the static binary valgrind cannot see malloc(). Both families, TCP and
# UDP, a listener that is scraped, every path that it answers, an alert, a state file.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse, traffic  |               |  sink               |
#     |                eth0 |---------------| eth0  scraper       |
#     +---------------------+  10.77.1.0/24 +---------------------+
#
# shellcheck source=../net/lib.sh
source "$(dirname "$0")/../net/lib.sh"
need valgrind curl jq
duration=${1:-60}

make_space a b
join a eth0 b eth0 1
start_sink b 7000
run_as=(valgrind --error-exitcode=99 --leak-check=full --show-leak-kinds=all
	"--errors-for-leak-kinds=definite,indirect,possible" --track-fds=yes)
start_monitor a --interval 1s --learn 1m --profile dormant --state "$work/baseline"
start b scrapes "$work/traffic" requests 10.77.1.1 9477 /metrics "$duration" 1

begin=$SECONDS
while ((SECONDS - begin < duration)); do
	inside a "$work/traffic" connect 10.77.1.2 7000 20 20000 5 >"$work/out"
	inside a "$work/traffic" datagrams fd77:1::2 7000 10 1000 >"$work/out"
	for path in / /alerts /baseline '/api/v2/alerts?filter=alertname%3D~%22.*%22' /api/v2/status /nothing; do
		inside a curl -s --max-time 10 "http://localhost:9478$path" >"$work/out"
	done
	inside a curl -s --max-time 10 -H 'Accept: application/openmetrics-text' \
		http://localhost:9477/metrics >"$work/out"
	settle a 1
done
check_between "alerts" 1 100 "$(alerts a '.alerts | length')"
stop_monitor a
log=$work/monitor-a.log
check "exit status, 99 for an error that valgrind found" 0 "$stopped"
check "errors" "0 errors" "$(sed -n 's/.*ERROR SUMMARY: \([0-9]* errors\).*/\1/p' "$log")"
check "bytes in use at exit" 0 "$(sed -n 's/.*in use at exit: \([0-9,]*\) bytes.*/\1/p' "$log")"
((failures == 0)) || grep '^==' "$log" | head -n 100
finish
