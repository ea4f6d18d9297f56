# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2016
# lib.sh - what the namespace tests share. Sourced, never run.
#
# A test makes network namespaces named after its process, joins them with veth pairs,
# starts monitors and traffic in them, and compares what the monitor says with what the
# traffic tool and the kernel say. Everything that it started is ended by its pid and
# everything that it made is removed when it exits, however it exits.
#
# Nothing here sleeps for a fixed time to let something happen: wait_for polls, with a
# bound that is generous enough for a machine busy with other things.
set -euo pipefail
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
DORMOUSE=${DORMOUSE:-$root/build/dormouse}
STATIC=$root/build/static/dormouse
TOOLS=${TOOLS:-$root/build/tests/net}

# shellcheck source=../report.sh
source "$root/tests/report.sh"

# As the sidecar runs in a pod: no user, no capability, and no way to get one.
unprivileged=(setpriv --reuid 65532 --regid 65532 --clear-groups --bounding-set=-all
	--inh-caps=-all --ambient-caps=-all --no-new-privs)

work=$(mktemp -d "${TMPDIR:-/tmp}/dormouse-net.XXXXXX")
chmod 755 "$work"
spaces=() pids=() cgroups=() cleanups=()
declare -A monitor_pid=()

# --- cleaning up -----------------------------------------------------------------------
cleanup() {
	local status=$? pid space action log
	trap - EXIT ERR
	set +e
	if [[ -z $finished || $failures -gt 0 ]]; then
		((status == 0)) && [[ -z $finished ]] && status=1
		for log in "$work"/*.log; do
			[[ -s $log ]] && echo "--- ${log##*/}" && tail -n 15 "$log" | cut -c1-600
		done
	fi
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null
	done
	for pid in "${pids[@]}"; do
		for _ in {1..40}; do
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.05
		done
		kill -9 "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	for action in "${cleanups[@]}"; do
		eval "$action"
	done
	for space in "${spaces[@]}"; do
		ip netns del "$(space_name "$space")" 2>/dev/null
	done
	for action in "${cgroups[@]}"; do
		rmdir "$action" 2>/dev/null
	done
	rm -rf "$work"
	exit "$status"
}
trap cleanup EXIT
trap 'echo "${BASH_SOURCE[0]##*/} line $LINENO: \"$BASH_COMMAND\" failed" >&2' ERR
set -E
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# --- what a test needs -----------------------------------------------------------------
# need TOOL...: skips where one is missing, or without root.
need() {
	local tool
	((EUID == 0)) || skip "needs root, for network namespaces"
	for tool in "$@"; do
		command -v "$tool" >/dev/null || skip "needs $tool"
	done
	[[ -x $DORMOUSE ]] || skip "needs $DORMOUSE: make"
	[[ -x $TOOLS/traffic ]] || skip "needs $TOOLS/traffic: make tests"
	# Where others may run them.
	install -m 755 "$DORMOUSE" "$TOOLS"/{traffic,sink,relay,refuse,unseen} "$work"
}

# check_resident NAME LEAST MOST KIB: bounds of a program's resident memory. Under a sanitizer, which
# keeps what was freed and shadows all, they say nothing.
check_resident() {
	if [[ -n ${SANITIZED:-} ]]; then
		echo "skipped: $1: a sanitizer's memory is not the program's"
	else
		check_between "$@"
	fi
}

# --- namespaces ------------------------------------------------------------------------
space_name() {
	echo "dm-$$-$1"
}

# make_space NAME...: namespaces with loopback up, and quiet: no address detection, no
# router solicitation, so that what is sent is what the test sends (and what IPv6 cannot
# do without: neighbour discovery). There are ports for tens of thousands of connections
# within the minute that a port rests.
make_space() {
	local space
	for space in "$@"; do
		ip netns add "$(space_name "$space")" ||
			skip "cannot make network namespaces here"
		spaces+=("$space")
		inside "$space" sysctl -qw net.ipv6.conf.{all,default}.accept_dad=0 \
			net.ipv6.conf.{all,default}.router_solicitations=0 \
			net.ipv4.ip_local_port_range="10000 65000"
		inside "$space" ip link set lo up
	done
}

inside() {
	local space=$1
	shift
	ip netns exec "$(space_name "$space")" "$@"
}

# join A IFACE B IFACE NET: a veth pair with 10.77.NET.1 and fd77:NET::1 at A's end, .2 and
# ::2 at B's.
join() {
	ip link add "$2" netns "$(space_name "$1")" type veth \
		peer name "$4" netns "$(space_name "$3")"
	address "$1" "$2" "$5" 1
	address "$3" "$4" "$5" 2
	await_link "$1" "$2"
}

# await_link SPACE IFACE: until it has a carrier, and with it a queue: what an end that came up
# before its peer sends until then is dropped without an error.
await_link() {
	local tries
	for ((tries = 0; tries < 500; tries++)); do
		[[ $(inside "$1" cat "/sys/class/net/$2/operstate") != up ]] || return 0
		sleep 0.02
	done
	echo "$2 of $1 has no carrier after ten seconds"
	return 1
}

address() {
	inside "$1" ip address add "10.77.$3.$4/24" dev "$2"
	inside "$1" ip address add "fd77:$3::$4/64" dev "$2" nodad
	inside "$1" ip link set "$2" up
}

# --- processes -------------------------------------------------------------------------
# start SPACE LOG COMMAND...: in the background; its pid is in $started, its output in
# $work/LOG.
start() {
	local space=$1 log=$work/$2
	shift 2
	ip netns exec "$(space_name "$space")" "$@" >"$log" 2>&1 </dev/null &
	started=$!
	pids+=("$started")
}

# stop PID [SIGNAL]: ends a process that start() started, and waits for its end. The exit
# status is in $stopped.
stop() {
	kill "-${2:-TERM}" "$1"
	stopped=0
	wait "$1" 2>/dev/null || stopped=$?
}

start_sink() {
	start "$1" "sink-$1.log" "$work/sink" "${@:2}"
	wait_for "the sink listens" grep -qs ready "$work/sink-$1.log"
}

# start_iperf3_server SPACE PORT
start_iperf3_server() {
	start "$1" "iperf3-server-$1-$2.log" iperf3 -s -p "$2"
	wait_for "iperf3 listens" listens "$1" "$2"
}

listens() {
	[[ -n $(inside "$1" ss -Hltn "sport = :$2") ]]
}

# start_in_cgroup DIRECTORY SPACE LOG COMMAND...: as start(), in that cgroup.
start_in_cgroup() {
	local directory=$1 space=$2 log=$work/$3
	shift 3
	bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$directory" \
		ip netns exec "$(space_name "$space")" "$@" >"$log" 2>&1 </dev/null &
	started=$!
	pids+=("$started")
}

# make_cgroup NAME: a cgroup of version 2 of its own, its directory in $made_cgroup. Fails
# where there is none to be had.
make_cgroup() {
	local top=/sys/fs/cgroup
	[[ -e $top/unified/cgroup.procs ]] && top+=/unified
	[[ -e $top/cgroup.controllers ]] || return 1
	made_cgroup=$top/dm-$$-$1
	mkdir "$made_cgroup" 2>/dev/null || return 1
	cgroups+=("$made_cgroup")
}

# --- the monitor -----------------------------------------------------------------------
# start_monitor SPACE [FLAG...]: starts it and waits until it is ready. Its log is
# $work/monitor-SPACE.log, its pid ${monitor_pid[SPACE]}. $run_as, if set, is put in front
# of its command.
run_as=()
start_monitor() {
	local space=$1
	shift
	ip netns exec "$(space_name "$space")" "${run_as[@]}" "$work/dormouse" run "$@" \
		>>"$work/monitor-$space.log" 2>&1 </dev/null &
	monitor_pid[$space]=$!
	pids+=("$!")
	if ! wait_for "the monitor in $space is ready" is_ready "$space"; then
		exit 1
	fi
}

# It does not try to connect before the monitor listens: attempts that are refused while the
# monitor starts, and told late, would be among those that a test counts.
is_ready() {
	listens "$1" 9477 && [[ $(inside "$1" curl -so /dev/null -w '%{http_code}' \
		http://localhost:9477/readyz) == 200 ]] && return
	kill -0 "${monitor_pid[$1]}" 2>/dev/null && return 1
	failed "the monitor in $1 has ended"
	exit 1
}

stop_monitor() {
	stop "${monitor_pid[$1]}" "${2:-TERM}"
}

fetch() {
	inside "$1" curl -sf --max-time 10 "http://localhost:$2"
}

metrics() {
	fetch "$1" 9477/metrics
}

# metric SPACE 'NAME' or 'NAME{LABELS}': its value, nothing where there is none.
metric() {
	metrics "$1" | awk -v name="$2" '$1 == name { print $2 }'
}

# metric_at_least SPACE NAME VALUE
metric_at_least() {
	awk -v found="$(metric "$1" "$2")" -v least="$3" \
		'BEGIN { exit !(found != "" && found + 0 >= least + 0) }'
}

# settle SPACE [N]: until N more samples (3 by default) were taken.
settle() {
	local before
	before=$(metric "$1" dormouse_samples_total)
	wait_for "samples are taken in $1" metric_at_least "$1" dormouse_samples_total \
		$((before + ${2:-3}))
}

# alerts SPACE JQ...: what jq makes of /alerts.
alerts() {
	local space=$1
	shift
	fetch "$space" 9478/alerts | jq -r "$@"
}

# has_alert SPACE CONDITION: one of the alerts fulfils it.
has_alert() {
	[[ $(alerts "$1" "any(.alerts[]; $2)") == true ]]
}

# log_lines SPACE JQ_CONDITION: how many lines of the monitor's log fulfil it.
log_lines() {
	jq -n "[inputs | select($2)] | length" "$work/monitor-$1.log"
}

# link_counter SPACE IFACE COUNTER: as the kernel's own file says.
link_counter() {
	inside "$1" cat "/sys/class/net/$2/statistics/$3"
}

# snmp SPACE PREFIX FIELD: a column of /proc/net/snmp, such as "Udp OutDatagrams".
snmp() {
	inside "$1" awk -v prefix="$2:" -v field="$3" '
		$1 == prefix && !seen { for (i = 2; i <= NF; i++) column[$i] = i; seen = 1; next }
		$1 == prefix { print $column[field] }' /proc/net/snmp
}

# snmp6 SPACE FIELD
snmp6() {
	inside "$1" awk -v field="$2" '$1 == field { print $2 }' /proc/net/snmp6
}
