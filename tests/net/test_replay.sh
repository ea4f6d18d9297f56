#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What a real Prometheus has kept of a pod is replayed with the same verdict as the pod's own
# recording; and what record writes of real traffic is what flowed.
#
#     +---------- a ----------+               +--------- b ---------+
#     |  record    traffic    |               |  prometheus         |
#     |                  eth0 |---------------| eth0   sink         |
#     +-----------------------+  10.77.1.0/24 +---------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl prometheus promtool awk gzip

make_space a b
join a eth0 b eth0 1
start_sink b 7000

# Six hours of a pod that wakes after four, for ten minutes, at 1 MB/s; a sample each half
# minute. As CSV, and as what a server would have scraped.
begin=$((($(date +%s) - 8 * 3600) / 60 * 60))
awk -v begin=$begin -v csv="$work/pod.csv" -v metrics="$work/metrics.txt" 'BEGIN {
	name = "container_network_transmit_bytes"
	labels = "_total{namespace=\"shop\",pod=\"web-1\",interface=\"eth0\"}"
	print "time,tx_bytes" > csv
	print "# TYPE " name " counter" > metrics
	for (s = 0; s <= 6 * 3600; s += 30) {
		if (s > 4 * 3600 && s <= 4 * 3600 + 600)
			sent += 30 * 1000000
		sent += 30 * 12
		printf "%d,%d\n", begin + s, sent > csv
		printf "%s%s %d %d\n", name, labels, sent, begin + s > metrics
	}
	print "# EOF" > metrics
}'
promtool tsdb create-blocks-from openmetrics "$work/metrics.txt" "$work/data" >"$work/out"
echo 'scrape_configs: []' >"$work/prometheus.yml"
start b prometheus.log prometheus --config.file="$work/prometheus.yml" \
	--storage.tsdb.path="$work/data" --web.listen-address=127.0.0.1:9090

# query EXPRESSION [FROM TO]: what was recorded, as Prometheus answers it; of a part,
# between so many seconds.
query() {
	inside b curl -sf --max-time 10 http://127.0.0.1:9090/api/v1/query_range \
		-d start=$((begin + ${2:-0})) -d end=$((begin + ${3:-6 * 3600})) -d step=30 \
		--data-urlencode "query=$1"
}
wait_for "Prometheus answers" query up >"$work/out"

# essence: what an alert says, without who it is.
essence() {
	jq -c '[.kind, .signal, .startsAt, .onset, .totalBytes]'
}
query container_network_transmit_bytes_total >"$work/answer.json"
"$DORMOUSE" replay "$work/pod.csv" | essence >"$work/from_csv"
"$DORMOUSE" replay - <"$work/answer.json" >"$work/alerts"
check "the recording shows one alert" 1 "$(wc -l <"$work/from_csv")"
check "Prometheus' history shows the same" "$(cat "$work/from_csv")" \
	"$(essence <"$work/alerts")"
check "the pod is named by its labels" '["web-1","shop","eth0"]' \
	"$(jq -c '.pod | [.name, .namespace, .labels.interface]' "$work/alerts")"

# The attack lies over the seam of two answers; the newest comes first.
for hours in "14700 21600" "7200 14700" "0 7200"; do
	read -r from to <<<"$hours"
	query container_network_transmit_bytes_total "$from" "$to"
done >"$work/answers.json"
check "answers to parts of the time are the same life" "$(cat "$work/from_csv")" \
	"$("$DORMOUSE" replay - <"$work/answers.json" | essence)"

# Rates that kept the metric's name, as a recording rule can have it.
query '{__name__="container_network_transmit_bytes_total"} % 700' |
	jq '.data.result[].metric.__name__ = "container_network_transmit_bytes_total"' \
		>"$work/answer.json"
status=0
"$DORMOUSE" replay "$work/answer.json" >"$work/out" 2>"$work/err" || status=$?
check "what falls and rises is refused" 2 $status
check_that "as no counter" grep -q "not rate() of it" "$work/err"

query 'rate(container_network_transmit_bytes_total[5m])' >"$work/answer.json"
status=0
"$DORMOUSE" replay "$work/answer.json" >"$work/out" 2>"$work/err" || status=$?
check "rates are refused" 2 $status
check_that "with the reason" grep -q "query the counters themselves" "$work/err"

# record: the last line has everything that was sent, to the byte.
start a record.log "$DORMOUSE" record --interval 200ms --interfaces eth0 --out "$work/rec.csv"
recorder=$started

# last COLUMN: its value in the last line.
last() {
	awk -F, -v column="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == column) at = i }
		END { print $at }' "$work/rec.csv" 2>/dev/null
}
recorded() {
	[[ $(last tx_bytes) =~ ^[0-9]+$ ]]
}
check_that "a line is there at once" wait_for "a line" recorded
inside a "$work/traffic" connect 10.77.1.2 7000 50 1000 10 >"$work/out"
inside a "$work/traffic" datagrams 10.77.1.2 7000 40 100 >"$work/out"
eventually "recorded TCP bytes" 50000 last tcp_tx_bytes
eventually "recorded connections" 50 last tcp_new_sockets
eventually "recorded datagrams" 40 last udp_tx_packets
kill -TERM "$recorder"
status=0
wait "$recorder" || status=$?
check "SIGTERM ends it cleanly" 0 $status
check "every line is whole" "" "$(awk -F, 'NF != 15' "$work/rec.csv")"
check_that "and it can be replayed" "$DORMOUSE" replay "$work/rec.csv"

# Packed, and its halves in the wrong order, it is the same.
summary() {
	"$DORMOUSE" replay --summary "$@" 2>"$work/err" | grep -v 'note:' | sed '1s/^[^:]*//'
}
same() {
	cmp <(summary "$work/rec.csv") <(summary "$1")
}
gzip -c "$work/rec.csv" >"$work/rec.csv.gz"
check_that "packed it is the same" same "$work/rec.csv.gz"
half=$(($(wc -l <"$work/rec.csv") / 2))
{
	head -n 1 "$work/rec.csv"
	tail -n +$((half + 1)) "$work/rec.csv"
	head -n $half "$work/rec.csv"
} >"$work/turned.csv"
check_that "with its halves changed it is the same" same "$work/turned.csv"
finish
