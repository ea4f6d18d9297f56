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
	run_as=(strace -f -qq -o "$work/strace" "${traced_path[@]}" --trace="${injection%%:*}"
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
gap_with "the state cannot be opened" openat,open:error=EMFILE:when=1
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
finish
