#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What goes wrong around the monitor does not end it: signals, a kernel without memory, no
# descriptors at the start, a state folder that cannot be written, a log that nobody reads.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse --state   |               |                     |
#     |  traffic       eth0 |---------------| eth0   sink         |
#     +---------------------+  10.77.1.0/24 +---------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl setpriv strace

make_space a b
join a eth0 b eth0 1
start_sink b 7000

mkdir "$work/state"
state=$work/state/baseline
flags=(--interval 200ms --learn 6s --dormant-after 6s --state "$state")

events() {
	log_lines a ".event == \"$1\""
}
logged() {
	(($(events "$1") > ${2:-0}))
}
# fresh_log: the next monitor's log begins anew.
fresh_log() {
	rm -f "$work/monitor-a.log"
}
ended() {
	! kill -0 "$1" 2>/dev/null
}
# traced INJECTION FLAG...: starts the monitor with a system call that fails as strace's
# --inject says; with $traced_path, only where it is about that path. What a test stops is the
# monitor; strace ends with it.
traced_path=()
traced() {
	local injection=$1 tracer
	shift
	fresh_log
	# LeakSanitizer does not work in a program that is traced.
	run_as=(env ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" strace -f -qq -o "$work/strace" "${traced_path[@]}" --trace="${injection%%:*}"
		--inject="$injection")
	start_monitor a "$@"
	run_as=()
	tracer=${monitor_pid[a]}
	monitor_pid[a]=$(pgrep -P "$tracer" -x dormouse)
}
# stop_traced: the status is strace's, which is the monitor's.
stop_traced() {
	local tracer
	tracer=$(ps -o ppid= -p "${monitor_pid[a]}" | tr -d ' ')
	kill "${monitor_pid[a]}"
	stopped=0
	wait "$tracer" || stopped=$?
}

# --- signals ------------------------------------------------------------------------------
start_monitor a "${flags[@]}"
for signal in HUP USR1 USR2 ALRM PIPE VTALRM PROF IO PWR RTMIN RTMAX; do
	kill -s $signal "${monitor_pid[a]}"
done
settle a
check_that "it outlives signals that ask for no end" kill -0 "${monitor_pid[a]}"
check "SIGHUP is told to reload nothing yet" 1 "$(events nothing-to-reload)"
for signal in TERM INT QUIT; do
	rm "$state"
	stop_monitor a $signal
	check "exit status after SIG$signal" 0 "$stopped"
	check_that "SIG$signal saves" test -s "$state"
	[[ $signal == QUIT ]] || start_monitor a "${flags[@]}"
done

# --- a kernel that cannot wait --------------------------------------------------------------
# Each second wait fails, of the program's own and of its servers'.
traced epoll_wait,epoll_pwait:error=ENOMEM:when=20+2 "${flags[@]}"
settle a 10
check_that "waits fail" grep -q INJECTED "$work/strace"
check_that "it is told" logged wait-failed
stop_traced
check "exit status after waits that failed" 0 "$stopped"
# Then sixty in a row.
traced epoll_wait,epoll_pwait:error=ENOMEM:when=30..90 "${flags[@]}"
wait_for "it is told that no wait works" logged wait-failed
gaps=$(jq -n '[inputs | select(.event == "failed")] | length' "$work/monitor-a.log")
check "it does not fail" 0 "$gaps"
wait_for "waits work again" logged wait-works
settle a
stop_traced
check "exit status after no wait worked" 0 "$stopped"

# --- no descriptors at the start --------------------------------------------------------------
# What flowed between two lives is judged whatever could not be opened at first.
fresh_log
rm -f "$state"
start_monitor a "${flags[@]}"
wait_for "the pod is known" metric_at_least a 'dormouse_pod_state{state="dormant"}' 1
stop_monitor a
cp "$state" "$work/learnt"
inside a "$work/traffic" connect 10.77.1.2 7000 1 8000000 1 >"$work/out"

gaps() {
	alerts a '[.alerts[] | select(.kind == "monitor-gap")] | length'
}
gap_with() {
	local what=$1
	shift
	cp "$work/learnt" "$state"
	traced "$@" "${flags[@]}"
	check_that "$what: it fails" grep -q INJECTED "$work/strace"
	eventually "$what: gaps" 1 gaps
	stop_traced
}
# The first sockets are those of rtnetlink.
gap_with "rtnetlink cannot be opened" socket:error=EMFILE:when=1..3
check "rtnetlink is told to fail" 1 "$(jq -n '[inputs | select(.event == "collector" and
	(.message | startswith("collector links failed")))] | length' "$work/monitor-a.log")"
traced_path=(-P /proc/self/net/snmp -P /proc/self/net/dev -P /proc/sys/kernel/random/boot_id)
gap_with "no counters and no boot id can be opened" openat,open:error=EMFILE:when=1..9
traced_path=(-P "$state")
# The first is Landlock's, where the kernel has it.
gap_with "the state cannot be opened" openat,open:error=EMFILE:when=1..2
check "the state is told to be unusable for now" 1 "$(events state-unusable)"
check "the state is read later" 1 "$(events state-loaded)"

# A file that is never readable is left alone by a monitor that ends soon.
fresh_log
kept=$(md5sum <"$state")
traced openat,open:error=EIO:when=1+ "${flags[@]}"
settle a
stop_traced
traced_path=()
check "a file that could not be read is not written over" "$kept" "$(md5sum <"$state")"

# --- a state folder that cannot be written ------------------------------------------------------
# broken NAME REASON BREAK HEAL: told at the start, counted, and told when it is over.
broken() {
	local name=$1 reason=$2
	fresh_log
	rm -rf "$work/state"
	mkdir "$work/state"
	$3
	start_monitor a "${flags[@]}"
	wait_for "$name: it is told" logged state-not-saved || true
	check "$name: the reason" true "$(jq -n --arg reason "$reason" \
		'[inputs | select(.event == "state-not-saved")][0].message | contains($reason)' \
		"$work/monitor-a.log")"
	check_that "$name: it is counted" metric_at_least a dormouse_state_save_failures_total 1
	check "$name: it is ready" 200 "$(inside a curl -so "$work/ready" -w '%{http_code}' \
		http://localhost:9477/readyz)"
	$4
	wait_for "$name: it is told that it is over" logged state-saved || true
	check_that "$name: the state is there" test -s "$state"
	stop_monitor a
	check "$name: told once" 1 "$(events state-not-saved)"
	mountpoint -q "$work/state" && umount "$work/state"
	return 0
}
cleanups+=('umount -q "$work/state"')
full() {
	mount -t tmpfs -o size=64k none "$work/state"
	dd if=/dev/zero of="$work/state/other" bs=4k status=none 2>/dev/null || true
}
not_full() { rm "$work/state/other" && mount -o remount,size=1m "$work/state"; }
read_only() { mount -t tmpfs -o ro none "$work/state"; }
# `ip netns exec` gave the monitor mounts of its own.
writable() { nsenter -t "${monitor_pid[a]}" -m mount -o remount,rw "$work/state"; }
gone() { rmdir "$work/state"; }
back() { mkdir "$work/state"; }
broken "a full disk" "No space left on device" full not_full
broken "a read-only folder" "Read-only file system" read_only writable
broken "no folder" "No such file or directory" gone back

# --- errors that quote what a stranger wrote ----------------------------------------------------
# Each way in of both programs: one line, without a byte that a terminal obeys.
INJECTOR=${INJECTOR:-$root/build/dormouse-injector}
hostile=$'a\n\e[31mb\x9b\u202e\tz'
# safe NAME COMMAND...: it is refused.
unsafe=0 tried=0
safe() {
	local status=0
	"$@" >"$work/said" 2>&1 </dev/null || status=$?
	tried=$((tried + 1))
	if ((status == 0)) || [[ ! -s $work/said ]] ||
		LC_ALL=C.UTF-8 grep -qP '[\x00-\x08\x0b-\x1f\x7f\x{80}-\x9f\x{202e}]' "$work/said" ||
		grep -q '^.\[31m' "$work/said"; then
		unsafe=$((unsafe + 1))
		echo "not refused as it should: $* | cat -v"
	fi
}
for command in run status replay record version; do
	for argument in "--$hostile" "--interval=$hostile" "--address=$hostile" "$hostile" "-$hostile"; do
		safe "$work/dormouse" $command "$argument"
	done
done
safe "$work/dormouse" "$hostile"
safe env DORMOUSE_INTERVAL="$hostile" "$work/dormouse" run --listen nonsense
for command in serve inject; do
	for argument in "--$hostile" "--listen=$hostile" "--template=$hostile" "$hostile"; do
		safe "$INJECTOR" $command "$argument"
	done
done
safe "$INJECTOR" "$hostile"
check "errors of $tried hostile arguments that are not safe to print" 0 "$unsafe"

# --- output that cannot be written ----------------------------------------------------------------
printf 'time,tx_bytes\n0,0\n10,100\n20,200\n' >"$work/trace.csv"
start_monitor a "${flags[@]}"
for command in "version" "version --licenses" "--help" "replay --summary $work/trace.csv" "status" \
	"status --json"; do
	status=0
	# shellcheck disable=SC2086
	inside a "$work/dormouse" $command >/dev/full 2>"$work/said" || status=$?
	check "$command to a full disk: exit status" 1 "$status"
	check "$command to a full disk: lines that say so" 1 \
		"$(grep -c 'cannot write to standard output: ' "$work/said")"
done
stop_monitor a

# --- a replay without memory ------------------------------------------------------------------------
python3 -c 'import json
points = [[1700000000 + 10 * i, str(100 * i)] for i in range(300000)]
print(json.dumps({"status": "success", "data": {"resultType": "matrix", "result": [
    {"metric": {"__name__": "container_network_transmit_bytes_total", "pod": "a"}, "values": points}]}}))' \
	>"$work/answer.json"
# A sanitizer needs more address space than that.
[[ -z ${SANITIZED:-} ]] || { echo "skipped: a replay without memory" && finish; }
for mib in 20 40 60 80; do
	status=0
	prlimit --as=$((mib << 20)) "$work/dormouse" replay "$work/answer.json" >"$work/out" \
		2>"$work/said" || status=$?
	check "replay in $mib MiB: exit status" 1 "$status"
	check "replay in $mib MiB: it says that there is no memory" 1 \
		"$(grep -ci 'out of memory\|Cannot allocate memory' "$work/said")"
done
check "the same with memory: exit status" 0 \
	"$("$work/dormouse" replay "$work/answer.json" >"$work/out" 2>&1; echo $?)"
finish
