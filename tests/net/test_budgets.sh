#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The static binary keeps its budgets: sizes and counts, no times.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse, in 2 MiB |               |                     |
#     |  traffic       eth0 |---------------| eth0   sink         |
#     +---------------------+  10.77.1.0/24 +---------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
[[ -x $STATIC ]] || skip "needs $STATIC: make static"
need jq curl readelf setpriv
install -m 755 "$STATIC" "$work/dormouse"

check_between "bytes of the static binary" 10000 $((448 * 1024)) "$(stat -c %s "$STATIC")"
check "program interpreters in it" 0 "$(readelf -lW "$STATIC" | grep -c INTERP || true)"
check "libraries that it needs" 0 "$(readelf -dW "$STATIC" | grep -c NEEDED || true)"

make_space a b
join a eth0 b eth0 1
start_sink b 7000

# A memory cgroup of 2 MiB, of either version.
make_memory_cgroup() {
	local top=/sys/fs/cgroup
	if [[ -d $top/memory ]]; then
		limited=$top/memory/dm-$$-limit
		mkdir "$limited" 2>/dev/null || return 1
		cgroups+=("$limited")
		echo $((2 << 20)) >"$limited/memory.limit_in_bytes" || return 1
		peak=$limited/memory.max_usage_in_bytes
	else
		grep -qw memory $top/cgroup.subtree_control 2>/dev/null || return 1
		limited=$top/dm-$$-limit
		mkdir "$limited" 2>/dev/null || return 1
		cgroups+=("$limited")
		echo $((2 << 20)) >"$limited/memory.max" || return 1
		peak=$limited/memory.peak
	fi
}
limited='' peak=''
if make_memory_cgroup; then
	# shellcheck disable=SC2016 # the inner shell's own variables
	run_as=(sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$limited"
		"${unprivileged[@]}")
	# Inside the namespace /sys is another one: join from outside.
	mkdir "$work/limited"
	mount --bind "$limited" "$work/limited"
	cleanups+=("umount '$work/limited'")
	run_as[3]=$work/limited
else
	echo "no memory cgroup to be had: runs without a limit"
	run_as=("${unprivileged[@]}")
fi
mkdir "$work/state"
chown 65532:65532 "$work/state"
start_monitor a --interval 100ms --learn 10s --dormant-after 10s \
	--state "$work/state/baseline"

resident() {
	awk '$1 == "VmRSS:" { print $2 }' "/proc/${monitor_pid[a]}/status"
}

# Everything at once: connections, datagrams, scrapes of each page, for 300 samples.
start b scrapes "$work/traffic" requests 10.77.1.1 9477 /metrics 3000 100
for _ in {1..5}; do
	inside a "$work/traffic" connect 10.77.1.2 7000 3000 1000 64 >"$work/out"
	inside a "$work/traffic" connect fd77:1::2 7000 1000 1000 64 >"$work/out"
	inside a "$work/traffic" datagrams 10.77.1.2 7000 1000 100 >"$work/out"
	for path in alerts api/v2/alerts baseline metrics; do
		fetch a 9478/$path >"$work/out"
	done
	settle a 30
done
wait "$started"
wait_for "300 samples" metric_at_least a dormouse_samples_total 300
echo "$(metric a dormouse_samples_total) samples," \
	"$(awk 'END { print $2 }' "$work/scrapes") scrapes," \
	"$(alerts a '.alerts | length') alerts remembered"
check_between "resident, KiB" 50 1024 "$(resident)"
check_between "series" 30 100 "$(metrics a | grep -vc '^#')"
if [[ -n $peak && -r $peak ]]; then
	check_between "most that its cgroup of 2 MiB was charged" 1 $((2 << 20)) "$(cat "$peak")"
fi
stop_monitor a
check "exit status after SIGTERM, state written" 0 "$stopped"
check_between "bytes of the state file" 100 $((480 * 1024)) \
	"$(stat -c %s "$work/state/baseline")"
finish
