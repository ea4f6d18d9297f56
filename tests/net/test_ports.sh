#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Ports that others have: the monitor starts and detects without them, its alert is in the
# log, and it listens as soon as they are free. The injector waits for its ports as well.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse      eth0 |---------------| eth0   sink         |
#     |  squatters          |  10.77.1.0/24 +---------------------+
#     +---------------------+  fd77:1::/64
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl python3 ss

make_space a b
join a eth0 b eth0 1
start_sink b 7000
start_sink a 7000 # a client of 127.0.0.1 reaches only this one

# squat LOG HOW ADDRESS PORT: takes that port as a listener, or as the source port of a
# connection to the sink. Its pid is in $started.
squat() {
	# shellcheck disable=SC2016 # it is Python
	start a "$1" python3 -c '
import signal, socket, sys
how, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
s.bind((address, port))
if how == "listener":
    s.listen(1)
else:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes([1, 0, 0, 0, 0, 0, 0, 0]))
    s.connect(("127.0.0.1" if address == "127.0.0.1" else "10.77.1.2", 7000))
print("has it", flush=True)
signal.pause()' "${@:2}"
	wait_for "the squatter has the port" grep -qs "has it" "$work/$1"
}

# launch FLAG...: as start_monitor(), without waiting for its ports.
launch() {
	: >"$work/monitor-a.log"
	start a monitor-a.log "$work/dormouse" run --interval 200ms --egress-budget 1KiB "$@"
	monitor_pid[a]=$started
	wait_for "the monitor has started" grep -q '"event":"started"' "$work/monitor-a.log"
}

alert_is_logged() {
	(($(log_lines a '.alert.kind == "budget-exceeded"') > 0))
}

up() {
	metric a "dormouse_listener_up{listener=\"$1\"}"
}

answers() {
	[[ $(inside a curl -so /dev/null -w '%{http_code}' --max-time 2 "http://$1/healthz") == 200 ]]
}

# check_returns NAME ADDRESS SQUATTER: the squatter ends, and the monitor says in its log
# when it has the port.
check_returns() {
	local freed back
	freed=$(date +%s%3N)
	stop "$3" KILL
	wait_for "$1: $2 answers" answers "$2"
	back=$(jq -nr '[inputs | select(.event == "listener-up")][-1].time' "$work/monitor-a.log")
	check_between "$1: milliseconds until the listener was back" 0 10000 \
		$(($(date -d "$back" +%s%3N) - freed))
}

# try NAME HOW SQUATTED_ADDRESS PORT ANSWERING_ADDRESS [FLAG...]
try() {
	local name=$1 squatter
	squat "squatter-$name" "$2" "$3" "$4"
	squatter=$started
	launch "${@:6}"
	check "$name: it is told once" 1 "$(log_lines a '.event == "listener-down"')"
	start a "burst-$name" "$work/traffic" stream 10.77.1.2 7000 50000 5
	wait_for "$name: the alert is in the log" alert_is_logged && ok "$name: the alert is in the log"
	check_returns "$name" "$5" "$squatter"
	check "$name: told once in all" 1 "$(log_lines a '.event == "listener-down"')"
	check "$name: listeners that are up" "1 1" "$(up listen) $(up alert-listen)"
	check_that "$name: the alert is served" has_alert a '.kind == "budget-exceeded"'
	before=$(metric a dormouse_samples_total)
	check_that "$name: it goes on sampling" wait_for "samples" \
		metric_at_least a dormouse_samples_total $((before + 5))
	stop_monitor a
	check "$name: exit status" 0 "$stopped"
}

try metrics-port listener 0.0.0.0 9477 127.0.0.1:9477
try metrics-port-six listener fd77:1::1 9477 '[fd77:1::1]:9477'
try metrics-port-client client 10.77.1.1 9477 127.0.0.1:9477
try alert-port listener 127.0.0.1 9478 127.0.0.1:9478
try alert-port-client client 127.0.0.1 9478 127.0.0.1:9478
try alert-port-six listener ::1 9478 '[::1]:9478' --alert-listen '[::1]:9478'

# --- both, and each is told by the other ------------------------------------------------
squat both-1 listener :: 9477
first=$started
squat both-2 listener 127.0.0.1 9478
second=$started
launch
check "both taken: told" 2 "$(log_lines a '.event == "listener-down"')"
check_returns "both taken" 127.0.0.1:9478 "$second"
check_that "the other one is told to be down" test "$(fetch a 9478/metrics |
	sed -n 's/^dormouse_listener_up{listener="listen"} //p')" = 0
check_returns "both taken" 127.0.0.1:9477 "$first"

# --- lost while it runs -----------------------------------------------------------------
if inside a ss -K -ltn 'sport = :9477' | grep -q 9477 &&
	wait_for "the loss is told" grep -q 'closed by another program' "$work/monitor-a.log"; then
	wait_for "answers again" answers 127.0.0.1:9477 && ok "a socket that was destroyed is opened again"
else
	echo "this kernel lets nobody destroy sockets"
fi
stop_monitor a

# --- an address that comes later ----------------------------------------------------------
launch --listen 10.77.8.1:9477
check "absent address: told" 1 "$(log_lines a '.event == "listener-down" and (.message | test("no such address"))')"
inside a ip address add 10.77.8.1/24 dev eth0
wait_for "the address that came answers" answers 10.77.8.1:9477 && ok "an address that came later"
stop_monitor a
inside a sysctl -qw net.ipv6.conf.lo.disable_ipv6=1
launch --alert-listen '[::1]:9478'
check "IPv6 off: told" 1 "$(log_lines a '.event == "listener-down"')"
inside a sysctl -qw net.ipv6.conf.lo.disable_ipv6=0
wait_for "IPv6 came" answers '[::1]:9478' && ok "IPv6 that came later"
stop_monitor a

# --- what is wrong in itself is still an error --------------------------------------------
status=0
inside a timeout 20 "$work/dormouse" run --listen 10.77.8.1:99477 2>"$work/bad" || status=$?
check "a bad value: exit status" 2 "$status"
check_that "it is named" grep -q 'invalid value "10.77.8.1:99477" for --listen: expected' "$work/bad"
finish
