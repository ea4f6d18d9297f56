#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# soak.sh - the resident memory of the static binary over a long time.
#
#     tests/bench/soak.sh [SECONDS] [EVERY]
#
# Runs build/static/dormouse in a namespace of its own, without privilege, a sample each
# 100 ms, scraped once a second, with some traffic of every kind, for SECONDS (3600), and
# prints every EVERY seconds (60) what it occupies, in KiB. Exit status 1 if it was ever
# more than 1 MiB.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse, traffic  |               |  sink               |
#     |                eth0 |---------------| eth0  scraper       |
#     +---------------------+  10.77.1.0/24 +---------------------+
#
# shellcheck source=../net/lib.sh
source "$(dirname "$0")/../net/lib.sh"
[[ -x $STATIC ]] || skip "needs $STATIC: make static"
need jq curl setpriv
install -m 755 "$STATIC" "$work/dormouse"
duration=${1:-3600} every=${2:-60}

make_space a b
join a eth0 b eth0 1
start_sink b 7000
mkdir "$work/state"
chown 65532:65532 "$work/state"
run_as=("${unprivileged[@]}")
start_monitor a --interval 100ms --learn 5m --dormant-after 5m \
	--state "$work/state/baseline"
start b scrapes "$work/traffic" requests 10.77.1.1 9477 /metrics "$duration" 1

# of FIELD: from the monitor's status, KiB.
of() {
	awk -v field="$1:" '$1 == field { print $2 }' "/proc/${monitor_pid[a]}/status"
}

begin=$SECONDS most=0 next=0
echo "seconds samples scrapes alerts VmRSS RssAnon RssFile VmHWM"
while ((SECONDS - begin < duration)); do
	# A hum, now and then a burst; connections, datagrams, both families.
	inside a "$work/traffic" connect 10.77.1.2 7000 5 2000 5 >"$work/out"
	inside a "$work/traffic" datagrams fd77:1::2 7000 10 100 >"$work/out"
	if ((RANDOM % 60 == 0)); then
		inside a "$work/traffic" connect fd77:1::2 7000 1000 2000 32 >"$work/out"
	fi
	fetch a 9478/alerts >"$work/out"
	resident=$(of VmRSS)
	((resident > most)) && most=$resident
	if ((SECONDS - begin >= next)); then
		echo "$((SECONDS - begin)) $(metric a dormouse_samples_total)" \
			"$((SECONDS - begin)) $(jq '.alerts | length' "$work/out")" \
			"$resident $(of RssAnon) $(of RssFile) $(of VmHWM)"
		next=$((SECONDS - begin + every))
	fi
	sleep 1
done
check_between "most that was resident, KiB" 1 1024 "$most"
check_between "high-water mark, KiB" 1 1024 "$(of VmHWM)"
finish
