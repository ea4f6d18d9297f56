#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The wall clock is set an hour forwards and two back, and the machine sleeps, while a pod is
# dormant: sampling and saving go on, nothing is alerted, and what is sent afterwards is. The
# monitor's clock alone is set, by libfaketime: a machine's clock is not one test's. To the
# monitor a suspended machine is a step forwards: CLOCK_MONOTONIC, which its timer uses, stands
# still meanwhile.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse --state   |               |                     |
#     |  traffic       eth0 |---------------| eth0   sink         |
#     +---------------------+  10.77.1.0/24 +---------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl
library=$(find /usr/lib -name libfaketime.so.1 2>/dev/null | head -n 1)
[[ -n $library ]] || skip "needs faketime"
readelf --program-headers "$DORMOUSE" | grep -q INTERP || skip "a static program cannot be told another time"

make_space a b
join a eth0 b eth0 1
start_sink b 7000

set_clock() {
	echo "$1" >"$work/clock.new"
	mv "$work/clock.new" "$work/clock"
}
set_clock +0
# A sanitizer must come before what is preloaded.
sanitizer=$(ldd "$DORMOUSE" | awk '/lib[al]san/ { print $3 }')
run_as=(env LD_PRELOAD="${sanitizer:+$sanitizer }$library" FAKETIME_TIMESTAMP_FILE="$work/clock" FAKETIME_NO_CACHE=1
	FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1)
start_monitor a --interval 200ms --learn 6s --dormant-after 6s --state "$work/state"

dormant() {
	[[ $(metric a 'dormouse_pod_state{state="dormant"}') == 1 ]]
}
# clock_of_monitor: how far its clock is from this machine's, hours.
clock_of_monitor() {
	local logged
	logged=$(tail -n 1 "$work/monitor-a.log" | jq -r .time)
	echo $((($(date -d "$logged" +%s) - $(date +%s) + 1800) / 3600))
}
wait_for "the silent pod is dormant" dormant

for step in +1h -1h +0 +30d; do
	set_clock "$step"
	settle a 10
	check "clock at $step: alerts" 0 "$(alerts a '.alerts | length')"
	# A step back begins the pod's quiet time anew.
	wait_for "clock at $step: the pod is dormant" dormant &&
		ok "clock at $step: the pod is dormant"
done
# That the clock was set is seen in a line that the monitor logs.
kill -HUP "${monitor_pid[a]}"
logged_hup() {
	grep -q nothing-to-reload "$work/monitor-a.log"
}
wait_for "SIGHUP is logged" logged_hup
check "hours between the monitor's clock and the machine's" 720 "$(clock_of_monitor)"

set_clock -1h
settle a 10
inside a "$work/traffic" connect 10.77.1.2 7000 20 200000 1 >"$work/out"
check_that "what is sent after all of this is alerted" wait_for "an alert" has_alert a \
	'.kind == "dormancy-break" or .kind == "egress-volume"'
stop_monitor a
check "exit status" 0 "$stopped"
check_that "the state is saved" test -s "$work/state"
finish
