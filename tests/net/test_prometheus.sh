#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A real Prometheus scrapes the monitor every second and answers queries with its values.
#
#     +---------- a ----------+               +--------- b ---------+
#     |  dormouse  traffic    |               |  prometheus         |
#     |                  eth0 |---------------| eth0   sink         |
#     +-----------------------+  10.77.1.0/24 +---------------------+
#                                fd77:1::/64
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl prometheus promtool

make_space a b
join a eth0 b eth0 1
start_sink b 7000
start_monitor a --interval 500ms

cat >"$work/prometheus.yml" <<'YAML'
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
  - job_name: four
    static_configs: [{targets: ["10.77.1.1:9477"]}]
  - job_name: six
    static_configs: [{targets: ["[fd77:1::1]:9477"]}]
YAML
check_that "the configuration is one" promtool check config "$work/prometheus.yml" \
	>"$work/out"
mkdir "$work/data"
start b prometheus.log prometheus --config.file="$work/prometheus.yml" \
	--storage.tsdb.path="$work/data" --web.listen-address=127.0.0.1:9090 --log.level=debug
prometheus=$started

# query EXPRESSION: the values, one a line, largest first.
query() {
	inside b curl -sf --max-time 10 http://127.0.0.1:9090/api/v1/query \
		--data-urlencode "query=$1" | jq -r '.data.result[].value[1]' | sort -rn
}
up() {
	[[ $(query 'sum(up)') == 2 ]]
}
check_that "both targets are up" wait_for "up" up

inside a "$work/traffic" connect 10.77.1.2 7000 300 1000 10 >"$work/out"
inside a "$work/traffic" datagrams 10.77.1.2 7000 400 100 >"$work/out"
settle a

# As the monitor says itself.
eventually "TCP bytes sent" 300000 query 'dormouse_tcp_transmit_bytes_total{job="four"}'
eventually "of these on connections it opened" 300000 \
	query 'dormouse_tcp_initiated_transmit_bytes_total{job="six"}'
eventually "connections opened" 300 \
	query 'dormouse_tcp_connections_opened_total{job="four"}'
eventually "UDP datagrams" 400 query 'dormouse_udp_transmit_packets_total{job="six"}'
eventually "state" 1 query 'dormouse_pod_state{job="four",state="learning"}'
eventually "build info" 1 query 'dormouse_build_info{job="four"}'
check "collectors that work" 4 \
	"$(query 'sum(dormouse_collector_success{job="four"})')"
check "rates can be asked for" 1 \
	"$(query 'count(rate(dormouse_network_transmit_bytes_total{job="four"}[10s]))')"
check "every metric has its type" 0 "$(inside b curl -sf \
	http://127.0.0.1:9090/api/v1/metadata | jq '[.data | to_entries[]
	| select(.key | startswith("dormouse_")) | select(.value[0].type == "unknown")] | length')"
check_between "series scraped" 30 100 "$(query 'scrape_samples_scraped{job="four"}')"
twenty_scrapes() {
	[[ $(query 'min(count_over_time(up[1m]))') -ge 20 ]]
}
check_that "twenty scrapes" wait_for "twenty scrapes" twenty_scrapes
check "scrapes that failed" 0 "$(query 'sum(count_over_time(up[1m]) - sum_over_time(up[1m]))')"
check_between "longest scrape, seconds" 0 0.5 \
	"$(query 'max(max_over_time(scrape_duration_seconds[1m]))')"
check "its log's complaints of scrapes" "" \
	"$(grep -iE 'scrape.*(fail|err=|dupl|out of order|invalid)|append failed' \
		"$work/prometheus.log" || true)"

# It asks for OpenMetrics; the plain form is what promtool parses.
check "the plain form" "" "$(metrics a | promtool check metrics 2>&1)"

check "alerts from being scraped" 0 "$(alerts a '.alerts | length')"
stop "$prometheus"
finish
