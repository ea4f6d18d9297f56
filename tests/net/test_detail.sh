#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What a neighbour may read: all, counters, or all for whoever sends a token, as a real
# Prometheus does; and a token that is exchanged as the kubelet exchanges a mounted Secret.
#
#     +---------- a ----------+               +--------- b ---------+
#     |  dormouse        eth0 |---------------| eth0   prometheus   |
#     +-----------------------+  10.77.1.0/24 +---------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl prometheus promtool

make_space a b
join a eth0 b eth0 1
page=http://10.77.1.1:9477/metrics

# series CURL_ARGUMENT...: how many series another pod reads; the page is in $work/page.
series() {
	inside b curl -sf --max-time 10 "$@" $page >"$work/page"
	grep -vc '^#' "$work/page"
}
detail() {
	local kind=counters
	series "$@" >"$work/count"
	! grep -q '^dormouse_baseline_threshold' "$work/page" || kind=full
	echo $kind
}

# --- counters ---------------------------------------------------------------------------
DORMOUSE_METRICS_DETAIL=counters start_monitor a --interval 200ms
check "counters: the detail" counters "$(detail)"
check_between "counters: series" 30 45 "$(<"$work/count")"
check "counters: what tells of detection" "" \
	"$(grep -E '^dormouse_(signal|baseline|pod_state|alert|routines|incidents)' "$work/page" || true)"
check "counters: promtool" "" "$(promtool check metrics <"$work/page" 2>&1)"
check_that "counters: loopback has all" grep -q '^dormouse_baseline_threshold' <(fetch a 9478/metrics)
check_that "counters: dormouse status" inside a "$work/dormouse" status >"$work/status"
stop_monitor a

# --- a token --------------------------------------------------------------------------------
# secret TOKEN: as the kubelet does it: a new folder, and a link that is exchanged.
generation=0
secret() {
	local next=..$((generation += 1))
	mkdir -p "$work/secret/$next"
	printf '%s\n' "$1" >"$work/secret/$next/token"
	ln -sfn "$next" "$work/secret/..new"
	mv -T "$work/secret/..new" "$work/secret/..data"
	[[ -e $work/secret/token ]] || ln -s ..data/token "$work/secret/token"
}
secret first
run_as=("${unprivileged[@]}")
start_monitor a --interval 200ms --metrics-token-file "$work/secret/token"
check "without a token" counters "$(detail)"
check "with it" full "$(detail -H 'Authorization: Bearer first')"
check "with another" counters "$(detail -H 'Authorization: Bearer second')"
check "with a part of it" counters "$(detail -H 'Authorization: Bearer firs')"
check "as a password" counters "$(detail -u first:first)"
check "caches are told" 1 "$(inside b curl -si $page | grep -ci '^vary: .*authorization')"

printf first >"$work/credentials"
cat >"$work/prometheus.yml" <<YAML
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
  - job_name: ours
    authorization: {type: Bearer, credentials_file: $work/credentials}
    static_configs: [{targets: ["10.77.1.1:9477"]}]
  - job_name: theirs
    static_configs: [{targets: ["10.77.1.1:9477"]}]
YAML
check_that "the configuration is one" promtool check config "$work/prometheus.yml" >"$work/out"
mkdir "$work/data"
start b prometheus.log prometheus --config.file="$work/prometheus.yml" \
	--storage.tsdb.path="$work/data" --web.listen-address=127.0.0.1:9090
prometheus=$started
# thresholds JOB: how many the last scrape had.
thresholds() {
	inside b curl -sf --max-time 10 http://127.0.0.1:9090/api/v1/query \
		--data-urlencode "query=count(dormouse_baseline_threshold{job=\"$1\"}) or vector(0)" |
		jq -r '.data.result[0].value[1]'
}
samples() {
	inside b curl -sf --max-time 10 http://127.0.0.1:9090/api/v1/query \
		--data-urlencode "query=sum(up{job=\"$1\"})" | jq -r '.data.result[0].value[1] // 0'
}
eventually "Prometheus without the token: up" 1 samples theirs
eventually "Prometheus with the token: thresholds" 5 thresholds ours
check "without" 0 "$(thresholds theirs)"

secret second
check "exchanged: the old one" counters "$(detail -H 'Authorization: Bearer first')"
check "exchanged: the new one" full "$(detail -H 'Authorization: Bearer second')"
eventually "exchanged: Prometheus has the old one" 0 thresholds ours
printf second >"$work/credentials"
eventually "exchanged: Prometheus has the new one" 5 thresholds ours
stop "$prometheus"

secret ''
check "emptied" counters "$(detail -H 'Authorization: Bearer second')"
check "emptied: an empty one" counters "$(detail -H 'Authorization: Bearer ')"
check "emptied: asked again" counters "$(detail -H 'Authorization: Bearer second')"
check "emptied: it is told once" 1 "$(log_lines a '.event == "token-unusable"')"
secret third
check "repaired" full "$(detail -H 'Authorization: Bearer third')"
check "repaired: it is told" 1 "$(log_lines a '.event == "token-usable"')"
stop_monitor a
run_as=()

# --- what is wrong at the start -----------------------------------------------------------
head -c 2000 /dev/zero | tr '\0' x >"$work/large"
: >"$work/empty"
for file in nowhere empty large; do
	status=0
	inside a timeout 20 "$work/dormouse" run --metrics-token-file "$work/$file" 2>"$work/bad" ||
		status=$?
	check "$file: exit status" 2 "$status"
	check_that "$file: it is named" grep -q \
		"invalid value \"$work/$file\" for --metrics-token-file: expected a file with a token" "$work/bad"
done
DORMOUSE_METRICS_TOKEN_FILE=$work/nowhere start_monitor a --interval 200ms
check "by a variable: counters" counters "$(detail)"
check "by a variable: counted" 1 "$(metric a dormouse_config_errors)"
stop_monitor a
finish
