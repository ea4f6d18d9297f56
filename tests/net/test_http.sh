#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What the two listeners answer, to whom, in which form; and `dormouse status`.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse      eth0 |---------------| eth0   curl         |
#     +---------------------+  10.77.1.0/24 +---------------------+
#                              fd77:1::/64
#     +--- four ---+    +---- six ----+
#     |  no IPv6   |    |  no IPv4    |
#     +------------+    +-------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl

make_space a b four six
join a eth0 b eth0 1
start_monitor a --interval 200ms

# answer SPACE CURL_ARGUMENT...: the status code.
answer() {
	inside "$1" curl -s -o "$work/body" -w '%{http_code}' --max-time 10 "${@:2}" || true
}
content_type() {
	inside a curl -s -o /dev/null -w '%{content_type}' "$@"
}
open=http://127.0.0.1:9477
near=http://127.0.0.1:9478

for path in /metrics /healthz /readyz; do
	check "GET $path" 200 "$(answer a $open$path)"
	check "HEAD $path" 200 "$(answer a -I $open$path)"
	check "GET $path on the near port" 200 "$(answer a $near$path)"
done
for path in /alerts /api/v2/alerts /baseline; do
	check "GET $path on the near port" 200 "$(answer a $near$path)"
	check_that "$path is JSON" jq -e . "$work/body" --exit-status >"$work/out"
	check "$path says so" application/json "$(content_type $near$path | cut -d';' -f1)"
	check "GET $path on the open port" 404 "$(answer a $open$path)"
done
for method in POST PUT DELETE PATCH OPTIONS; do
	check "$method /metrics" 405 "$(answer a -X $method $open/metrics)"
	check "$method /alerts" 405 "$(answer a -X $method $near/alerts)"
	check_between "$method /alerts: bytes of the answer" 0 100 "$(stat -c %s "$work/body")"
done
check "POST with a body" 405 "$(answer a --data-binary @/bin/true $near/alerts)"
for path in /nothing /metrics/x /alerts/../../etc/passwd //metrics; do
	check "GET $path" 404 "$(answer a --path-as-is $open$path)"
	check_between "$path: bytes of the answer" 0 100 "$(stat -c %s "$work/body")"
done
# Absolute-form, as proxies ask (RFC 9112, 3.2.2).
for target in http://127.0.0.1:9477/metrics HTTP://pod/metrics 'http://pod/metrics?name=x' \
	https://pod/metrics; do
	check "GET $target" 200 "$(answer a --request-target "$target" $open)"
	check_that "$target: the metrics" grep -q '^dormouse_samples_total' "$work/body"
done
check "through curl's own proxy request" 200 "$(answer a --proxy $open http://pod.invalid/healthz)"
check "GET http://pod" 404 "$(answer a --request-target http://pod $open)"
check "GET http://pod/alerts on the open port" 404 \
	"$(answer a --request-target http://pod/alerts $open)"
check "GET http://user@pod/metrics" 400 \
	"$(answer a --request-target http://user@pod/metrics $open)"
long=$(printf 'x%.0s' {1..30000})
check_that "a request of 30,000 bytes is refused" \
	test "$(answer a "$open/metrics?$long")" -ge 400 -o "$(answer a "$open/metrics?$long")" = 000
check "and the next is answered" 200 "$(answer a $open/metrics)"

# --- more connections than a host may have ----------------------------------------------
refused='dormouse_http_refused_total{reason="share"}'
check "connections refused so far" 0 "$(metric a "$refused")"
# shellcheck disable=SC2016 # i and fd are the other shell's
start a crowd bash -c 'for i in {1..12}; do exec {fd}<>/dev/tcp/127.0.0.1/9478; done; exec sleep 100'
wait_for "four of twelve connections of one host are refused" metric_at_least a "$refused" 4
stop "$started"

# --- who reaches it -------------------------------------------------------------------
check "from outside over IPv4" 200 "$(answer b http://10.77.1.1:9477/metrics)"
check "from outside over IPv6" 200 "$(answer b 'http://[fd77:1::1]:9477/metrics')"
check "alerts from outside: no answer" 000 "$(answer b http://10.77.1.1:9478/alerts)"

inside four sysctl -qw net.ipv6.conf.all.disable_ipv6=1
start_monitor four --interval 200ms
check "without IPv6" 200 "$(answer four $open/metrics)"
check "without IPv6, alerts" 200 "$(answer four $near/alerts)"
stop_monitor four

# A pod of an IPv6-only cluster has 127.0.0.1 on its loopback; a machine may lack even that.
start_monitor six --interval 200ms
check "with IPv4 on loopback alone" 200 "$(answer six 'http://[::1]:9477/metrics')"
check "with IPv4 on loopback alone, alerts" 200 "$(answer six $near/alerts)"
stop_monitor six
inside six ip address flush dev lo
inside six ip -6 address add ::1/128 dev lo
start_monitor six --interval 200ms --alert-listen '[::1]:9478'
check "without IPv4" 200 "$(answer six 'http://[::1]:9477/metrics')"
check "without IPv4, alerts" 200 "$(answer six 'http://[::1]:9478/alerts')"
stop_monitor six

# --- web pages of others ------------------------------------------------------------------
# A name that was made to resolve to loopback, as a page does that a browser shows.
rebound() {
	answer a --resolve "evil.example:$1:127.0.0.1" "http://evil.example:$1$2"
}
check "a name that was rebound to loopback" 403 "$(rebound 9478 /alerts)"
check_that "it is told what would do" grep -q '^the Host must be localhost, 127.0.0.1 or \[::1\]' "$work/body"
check "the metrics on that port" 403 "$(rebound 9478 /metrics)"
check "the port that anyone may read" 200 "$(rebound 9477 /metrics)"
check "another origin" 403 "$(answer a -H 'Origin: http://evil.example' $near/alerts)"
check "our own origin" 200 "$(answer a -H "Origin: $near" $near/alerts)"
check "by localhost" 200 "$(answer a http://localhost:9478/alerts)"
check "by a forwarded port" 200 "$(answer a -H 'Host: localhost:31234' $near/alerts)"
check "without a Host, as HTTP/1.0 may" 200 "$(answer a -0 -H Host: $near/alerts)"
check "through a proxy, another host" 403 "$(answer a --proxy $near http://evil.example/alerts)"
check "CORS headers" 0 "$(inside a curl -si -H "Origin: $near" $near/alerts | grep -ci '^access-control' || true)"

# Whoever listens on all addresses is asked by names that we do not know, but not by those of
# a forwarded port.
start_monitor b --interval 200ms --alert-listen '[::]:9478'
check "all addresses: from another pod, by any name" 200 \
	"$(answer a --resolve any.example:9478:10.77.1.2 http://any.example:9478/alerts)"
check "all addresses: by IPv6" 200 "$(answer a 'http://[fd77:1::2]:9478/alerts')"
check "all addresses: another origin" 403 \
	"$(answer a -H 'Origin: http://evil.example' http://10.77.1.2:9478/alerts)"
check "all addresses: a name that was rebound to loopback" 403 \
	"$(answer b --resolve evil.example:9478:127.0.0.1 http://evil.example:9478/alerts)"
check "all addresses: the same over IPv6" 403 \
	"$(answer b --resolve 'evil.example:9478:[::1]' http://evil.example:9478/alerts)"
check "all addresses: by localhost" 200 "$(answer b http://localhost:9478/alerts)"
stop_monitor b

# --- an address that is not local --------------------------------------------------------
# A variable comes from an annotation: the default holds. A flag is waited for, see
# test_ports.sh.
DORMOUSE_LISTEN=10.77.9.9:9477 start_monitor b --interval 1s
check "with a variable that cannot be listened on" 200 "$(answer b http://127.0.0.1:9477/healthz)"
check "it is counted" 1 "$(metric b dormouse_config_errors)"
check "it is told" 1 "$(log_lines b '.event == "bad-variable" and (.message | test("invalid value .10.77.9.9:9477. for --listen: expected"))')"
stop_monitor b

# --- forms of /metrics ------------------------------------------------------------------
check "plain text" "text/plain; version=0.0.4; charset=utf-8" "$(content_type $open/metrics)"
check "plain text to a browser" "text/plain; version=0.0.4; charset=utf-8" \
	"$(content_type -H 'Accept: text/html,*/*;q=0.8' $open/metrics)"
openmetrics='application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
check "OpenMetrics to Prometheus" \
	"application/openmetrics-text; version=1.0.0; charset=utf-8" \
	"$(content_type -H "Accept: $openmetrics" $open/metrics)"
inside a curl -s -H "Accept: $openmetrics" $open/metrics >"$work/openmetrics"
check "OpenMetrics ends as it must" "# EOF" "$(tail -n 1 "$work/openmetrics")"
metrics a >"$work/text"
names() {
	sed -n 's/^\([a-z][^ ]*\) .*/\1/p' "$1" | grep -v _created | sort
}
check "both forms have the same series" "" \
	"$(diff <(names "$work/text") <(names "$work/openmetrics"))"
check "series twice" "" "$(names "$work/text" | uniq -d)"
check_between "series of a pod with one interface" 30 100 "$(names "$work/text" | wc -l)"
if command -v promtool >/dev/null; then
	for from in $open $near; do
		check "promtool on $from/metrics" "" \
			"$(inside a curl -s "$from/metrics" | promtool check metrics 2>&1)"
	done
else
	echo "promtool is not here: the package prometheus has it"
fi

# --- keep-alive, many at once ---------------------------------------------------------
inside a curl -s "$open/metrics?[1-50]" -o /dev/null -w '%{http_code} %{num_connects}\n' \
	>"$work/out"
check "fifty requests on one connection" "50 200, 1 connection" "$(awk '
	$1 == 200 { n++ } { c += $2 } END { printf "%d 200, %d connection", n, c }' "$work/out")"

# Connections that say nothing do not keep others out for long.
start b idle "$work/traffic" idle 10.77.1.1 9477 40
wait_for "forty connections are open" grep -qs connected "$work/idle"
answered() {
	[[ $(answer a "$open/healthz") == 200 ]]
}
check_that "answered beside forty idle connections" wait_for "an answer" answered

answered_by() {
	[[ $(answer "$1" "$open/healthz") == 200 ]]
}
in_what_state() {
	[[ -d /proc/$1 && $(sed 's/.*) //' "/proc/$1/stat" | cut -c1) != Z ]] && echo runs || echo gone
}

# --- dormouse status ------------------------------------------------------------------
inside a "$work/dormouse" status >"$work/status" || failed "dormouse status has failed"
check_that "status names the state" grep -q learning "$work/status"
check_that "status shows the signals" grep -q tx_bytes "$work/status"
inside a "$work/dormouse" status --json >"$work/status.json" ||
	failed "dormouse status --json has failed"
check "status --json" learning "$(jq -r '.. | .state? // empty' "$work/status.json" | head -n 1)"
# --- the HTTP library gives up ------------------------------------------------------------
# It aborts when the kernel does not take a connection out of its epoll set. What was learnt
# is kept all the same.
start four panic.log "$work/refuse" epoll-del -- "$work/dormouse" run --interval 200ms \
	--state "$work/panic.state"
panicking=$started
wait_for "the monitor answers" answered_by four
eventually "the library gives up: it ends" gone in_what_state "$panicking"
status=0
wait "$panicking" || status=$?
check "the library gives up: exit status" 1 "$status"
check_that "the library gives up: it is told" grep -q \
	'"event":"failed","message":"the HTTP library cannot go on: ' "$work/panic.log"
check_that "the library gives up: the state is saved" test -s "$work/panic.state"
start_monitor four --interval 200ms --state "$work/panic.state"
check_that "and read by the next" grep -q '"event":"state-loaded"' "$work/monitor-four.log"
stop_monitor four

stop_monitor a
check "exit status after SIGTERM" 0 "$stopped"
status=0
inside a "$work/dormouse" status >"$work/out" 2>"$work/status" || status=$?
check "status without a monitor: exit status" 1 "$status"
check_that "and a clear message" grep -q 9478 "$work/status"
finish
