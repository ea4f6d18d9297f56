#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The baseline outlives the monitor, and what flowed while it was down is told; but not
# where the counters are not those that it knew.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse --state   |               |                     |
#     |  traffic       eth0 |---------------| eth0   sink         |
#     +---------------------+  10.77.1.0/24 |                     |
#     +--------- c ---------+               |                     |
#     |  dormouse --state   |               |                     |
#     |                eth0 |---------------| eth1                |
#     +---------------------+  10.77.2.0/24 +---------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl setpriv

make_space a b c
join a eth0 b eth0 1
join c eth0 b eth1 2
start_sink b 7000

mkdir "$work/state"
chown 65532:65532 "$work/state"
state=$work/state/baseline
flags=(--interval 200ms --learn 6s --dormant-after 6s --state "$state")
run_as=("${unprivileged[@]}")

in_state() {
	[[ $(metric a "dormouse_pod_state{state=\"$1\"}") == 1 ]]
}
samples() {
	metric "$1" dormouse_baseline_samples
}
# gaps SPACE: how many were told there so far; what earlier lives told is kept, too
gaps() {
	log_lines "$1" '.event == "alert-raised" and .alert.kind == "monitor-gap"'
}
events() {
	log_lines "$1" ".event == \"$2\""
}

# --- a first life, ended in order --------------------------------------------------------
start_monitor a "${flags[@]}"
check "no state file is no error" 1 "$(events a state-absent)"
wait_for "the silent pod is dormant" in_state dormant
stop_monitor a
check "exit status after SIGTERM" 0 "$stopped"
check "the state is written when it ends" baseline "$(ls "$work/state")"

# --- again, without traffic ---------------------------------------------------------------
start_monitor a "${flags[@]}"
settle a
known=$(samples a)
check_between "baseline samples after the restart" 20 100000 "$known"
check_that "it is dormant at once" in_state dormant
check "gaps without traffic" 0 "$(gaps a)"
check "alerts without traffic" 0 "$(alerts a '.alerts | length')"

# --- killed in mid-attack, the attack goes on ---------------------------------------------
start a stream "$work/traffic" stream 10.77.1.2 7000 1000000 30
attack=$started
wait_for "the attack raises an alert" has_alert a '.kind == "dormancy-break"' || true
stop_monitor a KILL
unseen=$(link_counter a eth0 tx_bytes)
flowed() {
	(($(link_counter a eth0 tx_bytes) > unseen + 3000000))
}
wait_for "the attack goes on unwatched" flowed
stop "$attack"
sent=$(link_counter a eth0 tx_bytes)

start_monitor a "${flags[@]}"
wait_for "the gap is told" has_alert a '.kind == "monitor-gap"' || true
settle a
check "gaps with traffic" 1 "$(gaps a)"
check_between "baseline samples after kill -9" $((known - 20)) 100000 "$(samples a)"
gap='.alerts[] | select(.kind == "monitor-gap")'
total=$(alerts a "$gap | .totalBytes")
# From the last save, before the attack, on.
check_between "bytes of the gap; the kernel has $sent since the link was made" \
	3000000 "$sent" "$total"
check "log lines of the gap" 1 \
	"$(log_lines a '.event == "alert-raised" and .alert.kind == "monitor-gap"')"
echo "summary: $(alerts a "$gap | .summary")"
stop_monitor a

# --- another namespace, the same file ------------------------------------------------------
inside c "$work/traffic" connect 10.77.2.2 7000 1 8000000 1 >"$work/out"
start_monitor c "${flags[@]}"
settle c
check "gaps in another namespace" 0 "$(gaps c)"
check_between "baseline samples in another namespace" $((known - 20)) 100000 "$(samples c)"
check "it says why it does not know" 1 "$(events c gap-unknown)"
stop_monitor c

# --- the link is made anew ----------------------------------------------------------------
start_monitor a "${flags[@]}"
stop_monitor a
inside a ip link del eth0
join a eth0 b eth0 1
inside a "$work/traffic" connect 10.77.1.2 7000 1 8000000 1 >"$work/out"
start_monitor a "${flags[@]}"
settle a
check "no more gaps after the link was made anew" 1 "$(gaps a)"
stop_monitor a

# --- files that are none ------------------------------------------------------------------
# spoilt NAME COMMAND...: the command spoils the file; it is set aside.
spoilt() {
	local name=$1 before
	shift
	before=$(events a state-unusable)
	"$@"
	start_monitor a "${flags[@]}"
	settle a
	check "$name: it says so" $((before + 1)) "$(events a state-unusable)"
	check_that "$name: the file is set aside" test -e "$state.bad"
	check_between "$name: learning begins anew, samples" 0 60 "$(samples a)"
	check "$name: alerts" 0 "$(alerts a '.alerts | length')"
	stop_monitor a
	check_that "$name: and a good one is written" test -s "$state"
	rm -f "$state.bad"
}
flip_a_byte() {
	local middle=$(($(stat -c %s "$state") / 2)) byte
	byte=$(od -An -tu1 -j "$middle" -N 1 "$state")
	printf '%b' "\\0$(printf '%o' $((byte ^ 255)))" |
		dd of="$state" bs=1 seek="$middle" conv=notrunc status=none
}
spoilt "a flipped byte" flip_a_byte
spoilt "a truncated file" truncate -s -10 "$state"
spoilt "an empty file" truncate -s 0 "$state"
spoilt "a foreign file" cp /etc/hostname "$state"

# --- restarted in mid-traffic, it keeps counting ------------------------------------------
# One connection, told piece by piece what to send: before, while, and after.
mkfifo "$work/orders"
ip netns exec "$(space_name a)" "$work/traffic" hold 10.77.1.2 7000 \
	<"$work/orders" >"$work/held" &
pids+=("$!")
exec {orders}>"$work/orders"
wait_for "the connection is open" grep -qs connected "$work/held"
total=0
send() {
	echo "$1" >&"$orders"
	total=$((total + $1))
	wait_for "$1 bytes are acknowledged" grep -qx "sent $total" "$work/held"
}
start_monitor a "${flags[@]}" {orders}>&-
send 1000000
settle a
check "before the restart: TCP bytes sent" 1000000 \
	"$(metric a dormouse_tcp_transmit_bytes_total)"
stop_monitor a
send 500000
start_monitor a "${flags[@]}" {orders}>&-
settle a
check "after the restart: what was sent before is not counted" 0 \
	"$(metric a dormouse_tcp_transmit_bytes_total)"
send 250000
eventually "after the restart: TCP bytes sent" 250000 \
	metric a dormouse_tcp_transmit_bytes_total
eventually "of these on connections it opened" 250000 \
	metric a dormouse_tcp_initiated_transmit_bytes_total
send 3
exec {orders}>&-
wait_for "the connection has ended" grep -q "^done" "$work/held"
settle a
check "after the connection's end" 250003 "$(metric a dormouse_tcp_transmit_bytes_total)"
check_that "the link's metric is the kernel's" metric_at_least a \
	'dormouse_network_transmit_bytes_total{device="eth0"}' 1750003
stop_monitor a
finish
