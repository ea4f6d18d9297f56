#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A container's log is a pipe to its runtime. The runtime stops reading it: samples go on at their
# pace, an alert is raised and answered for, and when the runtime reads again the log has the alert
# and says how many other lines were lost. The same for the injector's reviews.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse > pipe    |               |                     |
#     |  traffic       eth0 |---------------| eth0   sink         |
#     +---------------------+  10.77.1.0/24 +---------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl dd

make_space a b
join a eth0 b eth0 1
start_sink b 7000

# unread_pipe: a pipe of which this test holds the reader's end without reading, full but for a page.
# The writer's end is in $pipe.
unread_pipe() {
	rm -f "$work/pipe"
	mkfifo "$work/pipe"
	exec {pipe}<>"$work/pipe"
	dd if=/dev/zero of="$work/pipe" bs=4096 count=15 oflag=nonblock status=none
}
# read_again: the reader comes back.
read_again() {
	cat "$work/pipe" >"$work/read" &
	reader=$!
	pids+=("$reader")
	exec {pipe}>&-
}
# begin COMMAND...: as one of a container, whose errors go into the pipe. Its pid is in $begun.
begin() {
	ip netns exec "$(space_name a)" "${unprivileged[@]}" "$@" 2>"$work/pipe" >/dev/null </dev/null &
	begun=$!
	pids+=("$begun")
}
lost() {
	metric_at_least a dormouse_log_lines_lost_total "$1"
}
# hang_up PID COMMAND...: each signal that is taken is told in a line.
hang_up() {
	local pid=$1
	for _ in {1..30}; do
		kill -HUP "$pid"
	done
	"${@:2}"
}
blocked() {
	[[ $(ps -o wchan= -p "$1") == *pipe* ]]
}
# messages EVENT: those of the lines that were read so far, without the zeros before them.
messages() {
	tr -d '\0' <"$work/read" | jq -Rr 'fromjson? // {"event": "not whole", "message": .}
		| select(.event == "'"$1"'").message'
}
count() {
	messages "$1" | wc -l
}
# has_flag PROCESS FD: whether that descriptor returns at once.
has_flag() {
	local flags
	flags=$(awk '$1 == "flags:" { print $2 }' "/proc/$1/fdinfo/$2")
	((8#$flags & 8#4000))
}
not() {
	! "$@"
}

# --- the monitor ------------------------------------------------------------------------------
chmod 777 "$work"
# opened: whether the pipe may be opened again, as runtimes let the container's user.
for opened in yes no; do
	unread_pipe
	mode=666
	[[ $opened == yes ]] || mode=600
	chmod $mode "$work/pipe"
	begin "$work/dormouse" run --interval 200ms --learn 4s --dormant-after 4s
	monitor_pid[a]=$begun
	wait_for "$opened: the monitor is ready" is_ready a
	check "opened again: $opened" $opened "$(has_flag "$begun" 2 && echo yes || echo no)"
	check_that "$opened: the flags of the pipe's others stay" not has_flag $$ "$pipe"
	wait_for "$opened: the pipe is full and lines are lost" hang_up "$begun" lost 20

	# Nothing waits: neither samples, nor answers, nor the verdict.
	wait_for "$opened: the pod is known" metric_at_least a 'dormouse_pod_state{state="dormant"}' 1
	settle a 20
	check_between "$opened: samples missed, of more than 20" 0 10 \
		"$(metric a dormouse_sample_gaps_total)"
	inside a "$work/traffic" connect 10.77.1.2 7000 1 8000000 1 >"$work/out"
	wait_for "$opened: the alert is raised" has_alert a '.kind == "dormancy-break"'
	check_that "$opened: it does not wait for the pipe" not blocked "$begun"

	# The reader comes back: the alert is there although lines before it are not.
	told=$(metric a dormouse_log_lines_lost_total)
	read_again
	eventually "$opened: the line of the alert" 1 count alert-raised
	eventually "$opened: a line tells of the lost ones" 1 count log-lines-lost
	said=$(messages log-lines-lost)
	check_that "$opened: how many" test "${said%% *}" -ge "$told"
	check "$opened: lines that are not whole" 0 "$(count "not whole")"
	check "$opened: lines of the start" 1 "$(count started)"

	# And one whose reader is gone for good still ends when it is told to.
	kill "$reader"
	wait "$reader" 2>/dev/null || true
	settle a
	stop_monitor a
	check "$opened: exit status" 0 "$stopped"
done

# --- the injector -----------------------------------------------------------------------------
INJECTOR=${INJECTOR:-$root/build/dormouse-injector}
install -m 755 "$INJECTOR" "$work/injector"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$work/tls.key" \
	-out "$work/tls.crt" -days 3 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null
chmod 644 "$work/tls.key"
review() {
	[[ $(inside a curl -s --max-time 10 --cacert "$work/tls.crt" -H 'Content-Type: application/json' \
		--data-binary @"$root/tests/bench/review.json" https://localhost:8443/inject |
		jq -r '.response.patch != null') == true ]]
}
injector_lost() {
	inside a curl -s http://localhost:8080/metrics |
		awk '$1 == "dormouse_injector_log_lines_lost_total" { exit $2 < 5 }'
}
unread_pipe
chmod 666 "$work/pipe"
begin "$work/injector" serve --listen 127.0.0.1:8443 --metrics-listen 127.0.0.1:8080 --image-loaded \
	--tls-cert-file "$work/tls.crt" --tls-key-file "$work/tls.key"
injector=$begun
wait_for "the injector answers" review
wait_for "its pipe is full and lines are lost" hang_up "$injector" injector_lost
answered=0
for _ in {1..20}; do
	if review; then answered=$((answered + 1)); fi
done
check "reviews answered while nobody reads its log" 20 "$answered"
read_again
eventually "the injector tells of the lost lines" 1 count log-lines-lost
stop "$injector"
check "the injector: exit status" 0 "$stopped"
finish
