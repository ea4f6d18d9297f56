#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A silent pod that begins to send raises dormancy-break within three intervals, with what
# an incident responder needs; being scraped raises nothing.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse      eth0 |---------------| eth0   iperf3 -s    |
#     |  iperf3 -c          |  10.77.1.0/24 |        sink         |
#     |  (own cgroup)       |  fd77:1::/64  |        scraper      |
#     +---------------------+               +---------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need iperf3 jq curl

make_space a b
join a eth0 b eth0 1
start_sink b 7000
start_iperf3_server b 5201

export POD_NAME=quiet-0 POD_NAMESPACE=test POD_UID=1-2-3 NODE_NAME=node-1
start_monitor a --interval 1s --learn 10s --dormant-after 10s

# Scraped hard from outside all the while that it learns, and after.
start b scrapes "$work/traffic" requests 10.77.1.1 9477 /metrics 2500 100
scraper=$started

in_state() {
	[[ $(metric a "dormouse_pod_state{state=\"$1\"}") == 1 ]]
}
wait_for "the silent pod is dormant" in_state dormant || true
check "state of /alerts" dormant "$(alerts a .state)"

wait "$scraper"
read -r _ answered _ seconds < <(tail -n 1 "$work/scrapes")
echo "$answered scrapes in $seconds s"
check "scrapes answered" 2500 "$answered"
check "alerts after scraping a hundred times a second" 0 "$(alerts a '.alerts | length')"
check_that "still dormant" in_state dormant

# --- the attack: 1 MB/s ---------------------------------------------------------------
container=
sent_before=$(link_counter a eth0 tx_bytes)
if make_cgroup app; then
	start_in_cgroup "$made_cgroup" a iperf3.json iperf3 -J -c 10.77.1.2 -b 8M -t 15
	container=cgroup-$(stat -c %i "$made_cgroup")
else
	start a iperf3.json iperf3 -J -c 10.77.1.2 -b 8M -t 15
fi
attack=$started
flowing() {
	(($(link_counter a eth0 tx_bytes) > sent_before + 50000))
}
wait_for "the attack has begun" flowing
began=$EPOCHREALTIME

wait_for "the alert is raised" has_alert a '.kind == "dormancy-break"' || true
inside a "$work/traffic" connect fd77:1::2 7000 3 50000 1 >"$work/out"
wait "$attack" || failed "iperf3 has failed"

starts=$(date -d "$(alerts a '.alerts[0].startsAt')" +%s.%N)
onset=$(date -d "$(alerts a '.alerts[0].onset')" +%s.%N)
after=$(awk "BEGIN { printf \"%.3f\", $starts - $began }")
check_between "raised so many seconds after the first bytes, at 1 s a sample" 0 3 "$after"
check_between "its onset against the first bytes, seconds" -2.5 1.5 \
	"$(awk "BEGIN { printf \"%.3f\", $onset - $began }")"

# The traffic counts as going on for half a minute, and the alert is held for a while.
patience=$((patience + 60))
eventually "it resolves when the traffic has ended" resolved alerts a '.alerts[0].status'
check "alerts" 1 "$(alerts a '.alerts | length')"

# --- the evidence ----------------------------------------------------------------------
check "kind" dormancy-break "$(alerts a '.alerts[0].kind')"
written=$(jq .end.sum_sent.bytes "$work/iperf3.json")
peer='.alerts[0].evidence.destinations[] | select(.address == "10.77.1.2")'
check "the peer's port" 5201 "$(alerts a "[$peer | .port] | unique | .[]")"
check "the peer's protocol" tcp "$(alerts a "[$peer | .protocol] | unique | .[]")"
check_between "bytes to the peer, iperf3 has sent $written" \
	$((written * 99 / 100)) $((written * 101 / 100)) "$(alerts a "[$peer | .bytes] | add")"
if [[ -n $container ]]; then
	check "the peer's container" "$container" "$(alerts a "[$peer | .container] | unique | .[]")"
	check "the alert's containers have it" true \
		"$(alerts a ".alerts[0].evidence.containers | any(. == \"$container\")")"
fi
six='.alerts[0].evidence.destinations[] | select(.address == "fd77:1::2")'
check "bytes to the IPv6 peer" 150000 "$(alerts a "$six | .bytes")"
check "connections to the IPv6 peer" 3 "$(alerts a "$six | .connections")"
check "interfaces" eth0 "$(alerts a '.alerts[0].evidence.interfaces | join(",")')"
check_between "total bytes, on the link" "$((written * 99 / 100))" \
	$((written * 115 / 100)) "$(alerts a '.alerts[0].totalBytes')"

# --- the shape of /alerts --------------------------------------------------------------
cat >"$work/shape.jq" <<'SHAPE'
def time: type == "string" and
	test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\\.[0-9]+)?Z$");
def text: type == "string" and length > 0;
def number: type == "number";
def count: number and . >= 0 and . == floor;
def among($all): . as $x | any($all[]; . == $x);
def must($what; condition): if condition then empty else $what end;
must("pod"; .pod | type == "object"),
must("pod.name"; .pod.name == "quiet-0"),
must("pod.namespace"; .pod.namespace == "test"),
must("state"; .state | among(["learning", "dormant", "active"])),
(.alerts[] |
	must("id"; .id | text),
	must("kind"; .kind | among(["dormancy-break", "egress-volume", "proxy-relay",
		"connection-fanout", "egress-drift", "budget-exceeded", "monitor-gap"])),
	must("signal"; .signal | among(["tx_bytes", "tx_packets", "rx_bytes", "rx_packets",
		"tcp_tx_bytes", "tcp_tx_packets", "tcp_new_sockets",
		"tcp_initiated_tx_bytes", "udp_tx_bytes", "udp_tx_packets",
		"destinations", "unaccounted_tx_bytes", "tcp_failed_connections",
		"new_destinations"])),
	must("severity"; .severity | among(["low", "medium", "high", "critical"])),
	must("riskScore"; .riskScore | count and . <= 100),
	must("status"; .status | among(["firing", "resolved"])),
	must("startsAt"; .startsAt | time),
	must("onset"; .onset | time),
	must("onset before startsAt"; .onset <= .startsAt),
	must("updatedAt"; .updatedAt | time),
	must("endsAt"; if .status == "firing" then .endsAt == null else .endsAt | time end),
	must("value"; .value | number),
	must("peak"; .peak | number),
	must("peak at least value"; .peak >= .value),
	must("totalBytes"; .totalBytes | count),
	(.baseline |
		must("baseline.mean"; .mean | number),
		must("baseline.stddev"; .stddev | number),
		must("baseline.p99"; .p99 | number),
		must("baseline.threshold"; .threshold | number),
		must("baseline.samples"; .samples | count),
		must("baseline.since"; .since | . == null or time)),
	must("sigmas"; .sigmas | number),
	must("summary"; .summary | text and length < 400),
	(.evidence |
		(.destinations[] |
			must("address"; .address | text),
			must("port"; .port | count and . <= 65535),
			must("protocol"; .protocol | among(["tcp", "udp"])),
			must("bytes"; .bytes | count),
			must("connections"; .connections | count),
			must("container"; has("container") and
				(.container | . == null or text))),
		must("containers"; .containers | type == "array" and all(.[]; text)),
		must("interfaces"; .interfaces | type == "array" and all(.[]; text)),
		must("relay.received"; .relay.received | count),
		must("relay.sent"; .relay.sent | count),
		must("relay.balance"; .relay.balance | . == null or number)),
	must("attack"; .attack == {analytic: "AN0083", strategy: "DET0028",
		technique: "T1496.002"}),
	must("pod of the alert"; .pod.name == "quiet-0"))
SHAPE
fetch a 9478/alerts >"$work/alerts.json"
check "members of /alerts that are not as designed" "" \
	"$(jq -r -f "$work/shape.jq" "$work/alerts.json" | tr '\n' ' ')"
echo "summary: $(alerts a '.alerts[0].summary')"

# --- the log and the metrics -----------------------------------------------------------
check "log lines that it was raised" 1 "$(log_lines a '.event == "alert-raised"')"
check "log lines that it was resolved" 1 "$(log_lines a '.event == "alert-resolved"')"
check "the log carries the alert" "$(alerts a '.alerts[0].id')" \
	"$(jq -r 'select(.event == "alert-resolved") | .alert.id' "$work/monitor-a.log")"
check "dormouse_alerts_total" 1 "$(metric a 'dormouse_alerts_total{kind="dormancy-break"}')"
check "dormouse_alert_active" 0 "$(metric a 'dormouse_alert_active{kind="dormancy-break"}')"
finish
