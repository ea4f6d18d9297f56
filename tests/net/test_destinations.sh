#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Whom the pod talks to is known: how much, how often, since when; through a flood of addresses
# and over a restart.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse --state   |               |                     |
#     |  traffic       eth0 |---------------| eth0   sink         |
#     |  sink, peers.py     |  10.77.1.0/24 |        10.99/16     |
#     +---------------------+  fd77:1::/64  +---------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl python3 setpriv

make_space a b
join a eth0 b eth0 1
start_sink b 7000
start_sink a 8080
inside b ip route add local 10.99.0.0/16 dev lo
inside a ip route add 10.99.0.0/16 via 10.77.1.2

mkdir "$work/state"
chown 65532:65532 "$work/state"
run_as=("${unprivileged[@]}")
flags=(--interval 200ms --learn 0s --profile busy --state "$work/state/baseline")

# peer ADDRESS PORT WHAT: a member of that peer; "none" if it is not known.
peer() {
	fetch a 9478/destinations | jq -r --arg address "$1" --argjson port "$2" \
		"[.destinations[] | select(.address == \$address and .port == \$port)][0] | .$3 // \"none\""
}
known() {
	[[ $(peer "$1" "$2" address) != none ]]
}
count() {
	fetch a 9478/destinations | jq '.destinations | length'
}

start_monitor a "${flags[@]}"
settle a
check "destinations of a silent pod" 0 "$(count)"

# --- each way to have a peer --------------------------------------------------------------
inside a "$work/traffic" connect 10.77.1.2 7000 3 200000 1 >"$work/out"
inside a "$work/traffic" connect fd77:1::2 7000 1 50000 1 >"$work/out"
inside b "$work/traffic" connect 10.77.1.1 8080 2 30000 1 >"$work/out"
inside a "$root/tests/net/peers.py" lookups 10.77.1.2 53 4 >"$work/out"
inside a "$work/traffic" connect 127.0.0.1 8080 2 1000 1 >"$work/out"
wait_for "the destination is known" known 10.77.1.2 7000
wait_for "the IPv6 destination is known" known fd77:1::2 7000
wait_for "the client is known" known 10.77.1.2 8080
wait_for "the name server is known" known 10.77.1.2 53
check "bytes to it" 600000 "$(peer 10.77.1.2 7000 bytes)"
check "connections to it" 3 "$(peer 10.77.1.2 7000 connections)"
check "who opened them" opened "$(peer 10.77.1.2 7000 direction)"
check "bytes by IPv6" 50000 "$(peer fd77:1::2 7000 bytes)"
check "who opened the client's" accepted "$(peer 10.77.1.2 8080 direction)"
# The kernel counts the end of a connection as a byte received.
check_between "received of the client" 60000 60002 "$(peer 10.77.1.2 8080 received)"
check "protocol of the lookup" udp "$(peer 10.77.1.2 53 protocol)"
check "over loopback nobody is a peer" none "$(peer 127.0.0.1 8080 address)"
check "nothing is new in the first hour" 0 \
	"$(fetch a 9478/destinations | jq '[.destinations[] | select(.new)] | length')"
check "the open port does not tell" 404 \
	"$(inside a curl -so /dev/null -w '%{http_code}' http://localhost:9477/destinations)"

# --- a flood of addresses that are used once ------------------------------------------------
before=$(fetch a 9478/destinations | jq .displaced)
check "displaced so far" 0 "$before"
for part in 0 1 2; do
	inside a "$work/traffic" spread "10.99.$((part * 8)).1" 7000 1000 10 >"$work/out"
	inside a "$work/traffic" connect 10.77.1.2 7000 1 20000 1 >"$work/out"
done
settle a
all_counted() {
	(($(fetch a 9478/destinations | jq .displaced) + $(count) >= 3000))
}
wait_for "all addresses of the flood are kept or displaced" all_counted
check_between "places taken" 200 256 "$(count)"
check "bytes to the peer in use, after the flood" 660000 "$(peer 10.77.1.2 7000 bytes)"
check "bytes by IPv6, after the flood" 50000 "$(peer fd77:1::2 7000 bytes)"
check_between "the client is still known" 60000 60002 "$(peer 10.77.1.2 8080 received)"

# --- over a restart -------------------------------------------------------------------------
first=$(peer 10.77.1.2 7000 firstSeen)
stop_monitor a
start_monitor a "${flags[@]}"
settle a
check "bytes after the restart" 660000 "$(peer 10.77.1.2 7000 bytes)"
check "first seen before the restart" "$first" "$(peer 10.77.1.2 7000 firstSeen)"
inside a "$work/traffic" connect 10.77.1.2 7000 1 40000 1 >"$work/out"
goes_on() {
	[[ $(peer 10.77.1.2 7000 bytes) == 700000 ]]
}
wait_for "it goes on" goes_on

# --- the command -------------------------------------------------------------------------------
inside a "$work/dormouse" destinations >"$work/table" || failed "dormouse destinations has failed"
check_that "the table has the destination" grep -q '^10.77.1.2:7000/tcp  *700 kB  *7 ' "$work/table"
check_that "and the client" grep -q '^10.77.1.2:8080/tcp ' "$work/table"
check "no line is too wide" 0 "$(awk 'length > 80' "$work/table" | wc -l)"
check "its JSON is the monitor's" "$(fetch a 9478/destinations | jq -cS '.destinations | length')" \
	"$(inside a "$work/dormouse" destinations --json | jq '.destinations | length')"

finish
