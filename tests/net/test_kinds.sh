#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A relay, a scan and a budget, live: each raises the alert that names it.
#
#     +-------- relay --------+               +-------- b --------+
#     |  dormouse  relay eth0 |---------------| eth0   sink       |
#     +-----------------------+  10.77.1.0/24 |        traffic    |
#     +-------- scan ---------+               |                   |
#     |  dormouse  traffic    |---------------| eth1   10.99/16   |
#     +-----------------------+  10.77.2.0/24 |                   |
#     +------- spender -------+               |                   |
#     |  dormouse  traffic    |---------------| eth2              |
#     +-----------------------+  10.77.3.0/24 +-------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl

make_space b relay scan spender
join relay eth0 b eth0 1
join scan eth0 b eth1 2
join spender eth0 b eth2 3
start_sink b 7000

start_monitor relay --interval 1s --profile dormant
start_monitor scan --interval 1s --profile dormant
start_monitor spender --interval 1s --egress-budget 500000
for space in relay scan spender; do
	settle $space 5
	check "$space, silent: alerts" 0 "$(alerts $space '.alerts | length')"
done

# --- what flows -----------------------------------------------------------------------
start relay relay.log "$work/relay" 7100 10.77.1.2 7000
wait_for "the relay listens" grep -qs ready "$work/relay.log"
start b relayed "$work/traffic" stream 10.77.1.1 7100 1000000 45
relayed=$started
start spender spent "$work/traffic" stream 10.77.3.2 7000 1000000 8
spent=$started

# Addresses that all lead to b's sink.
inside b ip route add local 10.99.0.0/16 dev lo
inside scan ip route add 10.99.0.0/16 via 10.77.2.2
inside scan "$work/traffic" spread 10.99.1.1 7000 300 200 >"$work/out"

# --- what is said of it ---------------------------------------------------------------
check_that "the scan is connection-fanout" wait_for "its alert" \
	has_alert scan '.kind == "connection-fanout"'
check "the scan: alerts" 1 "$(alerts scan '.alerts | length')"
check_that "the scan: some of its destinations are told" has_alert scan \
	'.evidence.destinations | length >= 5 and all(.address | startswith("10.99."))'
check_that "the scan: how many more there are is told" has_alert scan \
	'.evidence.otherConnections + (.evidence.destinations | length) >= 290'
echo "summary: $(alerts scan '.alerts[0].summary')"

wait "$spent" || failed "traffic has failed"
check_that "above the budget is budget-exceeded" wait_for "its alert" \
	has_alert spender '.kind == "budget-exceeded"'
check_that "the spender: its rate" has_alert spender \
	'.kind == "budget-exceeded" and .peak > 900000 and .peak < 1500000'
echo "summary: $(alerts spender '.alerts[] | select(.kind == "budget-exceeded") | .summary')"

wait "$relayed" || failed "traffic has failed"
check_that "the relay is proxy-relay" wait_for "its alert" \
	has_alert relay '.kind == "proxy-relay"'
check "the relay: alerts" 1 "$(alerts relay '.alerts | length')"
check_between "the relay: received over sent" 0.9 1.1 \
	"$(alerts relay '.alerts[0].evidence.relay.balance')"
check_that "the relay: where it goes" has_alert relay \
	'any(.evidence.destinations[]; .address == "10.77.1.2" and .port == 7000 and .bytes > 40000000)'
echo "summary: $(alerts relay '.alerts[0].summary')"
finish
