#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The monitor and a replay of what was recorded beside it come to the same verdicts.
#
#     +--------- aN --------+               +--------- bN --------+
#     |  dormouse run  eth0 |---------------| eth0   sink         |
#     |  dormouse record    |  10.77.N.0/24 |                     |
#     |  traffic, unseen    |               |                     |
#     +---------------------+               +---------------------+
#
# Each attack has a pod of its own; all run at the same time.
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl

attacks=(steady young burst connections datagrams resets pings quiet)
flags=(--learn 10s --dormant-after 8s)
declare -A net=() recorder=() attacker=()

number=1
for attack in "${attacks[@]}"; do
	net[$attack]=10.77.$number
	make_space "a$attack" "b$attack"
	join "a$attack" eth0 "b$attack" eth0 "$number"
	start_sink "b$attack" 7000
	start_monitor "a$attack" --interval 1s "${flags[@]}"
	start "a$attack" "record-$attack.log" "$work/dormouse" record --interval 1s \
		--out "$work/$attack.csv"
	recorder[$attack]=$started
	[[ $attack != young ]] ||
		start ayoung attack-young.log "$work/traffic" stream "${net[young]}.2" 7000 10000 25
	number=$((number + 1))
done
attacker[young]=$started

is_dormant() {
	[[ $(metric "a$1" 'dormouse_pod_state{state="dormant"}') == 1 ]]
}
for attack in "${attacks[@]}"; do
	[[ $attack == young ]] || wait_for "the pod of $attack is dormant" is_dormant "$attack" || true
done

attack() {
	local name=$1 tool=$work/$2
	shift 2
	start "a$name" "attack-$name.log" "$tool" "$@"
	attacker[$name]=$started
}
attack steady traffic stream "${net[steady]}.2" 7000 40000 15
attack burst traffic connect "${net[burst]}.2" 7000 1 5000000 1
attack connections traffic connect "${net[connections]}.2" 7000 2000 500 10
attack datagrams traffic datagrams "${net[datagrams]}.2" 7000 2000 1000
attack resets unseen resets "${net[resets]}.2" 7000 200 20000 20
attack pings unseen pings "${net[pings]}.2" 1000 1000 100
ended() {
	grep -qs ^done "$work/attack-$1.log"
}
for name in "${!attacker[@]}"; do
	wait_for "$name ends" ended "$name" || true
done
for attack in "${attacks[@]}"; do
	settle "a$attack" 4
	kill -TERM "${recorder[$attack]}"
done

# A line an alert: kind, startsAt, onset, in seconds.
lines='[.kind, .startsAt, .onset] | @tsv'
for attack in "${attacks[@]}"; do
	wait "${recorder[$attack]}" || failed "$attack: the recorder has failed"
	alerts "a$attack" ".alerts | reverse | .[] | $lines" >"$work/live"
	"$work/dormouse" replay "${flags[@]}" "$work/$attack.csv" 2>/dev/null |
		jq -r "$lines" >"$work/replayed"
	check "$attack: kinds, live and in replay" "$(cut -f 1 "$work/live" | xargs)" \
		"$(cut -f 1 "$work/replayed" | xargs)"
	while IFS=$'\t' read -r kind live_start live_onset _ start onset; do
		for pair in "raised $live_start $start" "onset $live_onset $onset"; do
			read -r what one other <<<"$pair"
			check_between "$attack: $kind, $what, seconds apart" -2.5 2.5 \
				"$(awk "BEGIN { print $(date -d "$other" +%s.%N) - $(date -d "$one" +%s.%N) }")"
		done
	done < <(paste "$work/live" "$work/replayed")
done
for attack in steady burst connections datagrams resets pings; do
	check_that "$attack is told of" has_alert "a$attack" 'true'
done
check "quiet: alerts" 0 "$(alerts aquiet '.alerts | length')"

finish
