#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# An alert names who got the bytes, whatever else the pod is connected to.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse      eth0 |---------------| eth0   sink         |
#     |  traffic            |  10.77.1.0/24 |        10.99/16     |
#     |  peers.py           |  fd77:1::/64  |        fd99::/64    |
#     +---------------------+               +---------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl python3
peers=$root/tests/net/peers.py
theft=20000000

make_space a b
join a eth0 b eth0 1
start_sink b 7000
# It answers a client with this much.
start a sink-pod.log "$work/sink" 7001 $theft
# Addresses that all lead to b's sink.
inside b ip route add local 10.99.0.0/16 dev lo
inside b ip -6 route add local fd99::/64 dev lo
inside a ip route add 10.99.0.0/16 via 10.77.1.2
inside a ip -6 route add fd99::/64 via fd77:1::2

# watched NAME [FLAG...]: a fresh monitor of a pod that must stay quiet.
watched() {
	scene=$1
	: >"$work/monitor-a.log"
	start_monitor a --interval 500ms --profile dormant "${@:2}"
	settle a
}

# play LOG COMMAND...: peers.py in the background, until its sockets are there.
play() {
	mkfifo "$work/stdin-$1" 2>/dev/null || true
	exec {hold}<>"$work/stdin-$1"
	ip netns exec "$(space_name a)" "$peers" "${@:2}" >"$work/$1" 2>&1 <&"$hold" &
	played=$!
	pids+=("$played")
	wait_for "$scene: its sockets are there" grep -qs ready "$work/$1"
}

end_play() {
	kill "$played" 2>/dev/null || true
	wait "$played" 2>/dev/null || true
	exec {hold}>&-
}

# steal ADDRESS [COUNT]: the theft, on COUNT connections one after the other.
steal() {
	inside a "$work/traffic" connect "$1" 7000 "${2:-1}" $((theft / ${2:-1})) 1 >"$work/out"
}

first() {
	alerts a ".alerts[0].evidence.destinations[0].$1"
}

# named ADDRESS PORT DIRECTION: the first destination is the one that got the bytes.
named() {
	# Of a connection that ends, the monitor hears at once, but shows it with a sample.
	eventually "$scene: bytes to the first destination" $theft first bytes
	check "$scene: its address" "$1" "$(first address)"
	check "$scene: its port" "$2" "$(first port)"
	check "$scene: its direction" "$3" "$(first direction)"
	check "$scene: destinations without bytes before others" 0 "$(alerts a \
		'.alerts[0].evidence.destinations | [.[].bytes] | [., (sort | reverse)] |
		 if .[0] == .[1] then 0 else 1 end')"
	local summary
	summary=$(alerts a '.alerts[0].summary')
	echo "summary: $summary"
	check_that "$scene: the summary tells the share" grep -qE \
		"MB (so far|in all), 20 MB of it to \[?$1" <<<"$summary"
}

is_alert() {
	wait_for "$scene: the alert" has_alert a true || true
}

# --- decoys -----------------------------------------------------------------------------
for family in 10.99.4.1,10.77.1.2 fd99::4:1,fd77:1::2; do
	IFS=, read -r decoy thief <<<"$family"

	watched "700 idle UDP sockets before the theft, to $thief"
	play decoys udp-decoys "$decoy" 700
	settle a
	steal "$thief"
	is_alert
	named "$thief" 7000 opened
	end_play
	stop_monitor a

	watched "700 idle UDP sockets after it has begun, to $thief"
	steal "$thief"
	is_alert
	play decoys udp-decoys "$decoy" 700
	settle a 6
	named "$thief" 7000 opened
	end_play
	stop_monitor a
done

watched "600 connections that drip"
play drip drip 10.99.8.1 7000 600
settle a
steal 10.77.1.2
is_alert
named 10.77.1.2 7000 opened
settle a 6
named 10.77.1.2 7000 opened
end_play
stop_monitor a

watched "more idle connections than are followed" --max-sockets 64 --max-destinations 64
start a idle "$work/traffic" idle 10.77.1.2 7000 200
idlers=$started
wait_for "$scene: they are there" grep -qs connected "$work/idle"
settle a
steal 10.77.1.2
is_alert
named 10.77.1.2 7000 opened
kill "$idlers"
stop_monitor a

watched "2,000 destinations of 100 bytes"
inside a "$work/traffic" spread 10.99.16.1 7000 2000 100 >"$work/out"
steal 10.77.1.2
is_alert
named 10.77.1.2 7000 opened
stop_monitor a

watched "10,000 short connections"
inside a "$work/traffic" connect 10.99.32.1 7000 10000 20 64 >"$work/out"
steal 10.77.1.2
is_alert
named 10.77.1.2 7000 opened
check "$scene: their bytes are told" 200000 "$(alerts a \
	'[.alerts[0].evidence.destinations[] | select(.address == "10.99.32.1") | .bytes] |
	 add')"
stop_monitor a

watched "a client takes it"
inside b "$work/traffic" connect 10.77.1.1 7001 1 10 1 >"$work/out"
is_alert
named 10.77.1.2 7001 accepted
stop_monitor a

# --- no one's share ---------------------------------------------------------------------
watched "the theft goes to 600 peers"
inside a "$work/traffic" spread 10.99.64.1 7000 600 $((theft / 600)) >"$work/out"
is_alert
eventually "$scene: all of it is accounted for" $((theft / 600 * 600)) alerts a \
	'.alerts[0].evidence | ([.destinations[].bytes] | add) + .otherBytes'
check "$scene: connections accounted for" 600 "$(alerts a \
	'.alerts[0].evidence | ([.destinations[].connections] | add) + .otherConnections')"
echo "summary: $(alerts a '.alerts[0].summary')"
check_that "$scene: the summary names none of them" \
	grep -qE 'MB (so far|in all)\.$' <(alerts a '.alerts[0].summary')
stop_monitor a

# --- a connection from before ----------------------------------------------------------
# open_held LOG: a connection that sends when it is told how much by `echo N >&$commands`.
mkfifo "$work/commands"
exec {commands}<>"$work/commands"
open_held() {
	ip netns exec "$(space_name a)" "$work/traffic" hold 10.77.1.2 7000 \
		<"$work/commands" >"$work/$1" 2>&1 &
	held=$!
	pids+=("$held")
	wait_for "the connection is there" grep -qs connected "$work/$1"
}

send_held() {
	echo $theft >&"$commands"
	wait_for "$scene: it is sent" grep -qs sent "$work/$1"
	is_alert
	named 10.77.1.2 7000 opened
	check "$scene: connections" 1 "$(first connections)"
}

open_held hold
watched "a connection from before the monitor"
send_held hold
kill "$held"
stop_monitor a

watched "a connection that was opened a sample before it sends" --interval 2s
opened_at=$(date +%s.%N)
open_held next
settle a 1
check "$scene: it is no alert yet" 0 "$(alerts a '.alerts | length')"
send_held next
check_that "$scene: the alert begins when it was opened" awk -v opened="$opened_at" \
	-v onset="$(alerts a '.alerts[0].onset | sub("[.][0-9]+Z$"; "Z") | fromdate')" \
	'BEGIN { exit !(onset <= opened && onset > opened - 4) }'
kill "$held"
exec {commands}>&-
stop_monitor a

# --- UDP --------------------------------------------------------------------------------
watched "a UDP peer that spoke first"
play answer answer 7100 3000
inside b bash -c 'exec 3<>/dev/udp/10.77.1.1/7100 && echo hello >&3 && sleep 1000' \
	>/dev/null 2>&1 &
pids+=("$!")
wait_for "$scene: it is answered" grep -qs answered "$work/answer"
is_alert
peer='.alerts[0].evidence.destinations[] | select(.protocol == "udp")'
eventually "$scene: its address" 10.77.1.2 alerts a "$peer | .address"
check "$scene: who opened it" unknown "$(alerts a "$peer | .direction")"
echo "summary: $(alerts a '.alerts[0].summary')"
end_play
stop_monitor a
finish
