#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A Prometheus that is away, cut, slow, endless or lies: `dormouse-injector learn` says what is wrong
# in one line, prints no baseline, writes nothing, and stays small.
#
#     learn  -->  127.0.0.1:9090  [a: prometheus_liar.py]
#     learn  -->  127.0.0.1:6443  [a: nobody may ask the API server]
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=injector.sh
source "$(dirname "$0")/injector.sh"
need_injector jq python3

make_space a
start a liar.log "$root/tests/net/prometheus_liar.py" 9090
check_that "the liar is ready" wait_for "ready" grep -qs ready "$work/liar.log"
start a api.log "$root/tests/net/prometheus_liar.py" 6443
echo token >"$work/token"
chmod 644 "$work/token"

# learn MODE FLAG...: the output is in $work/out, what it says in $work/err, its status in $status, the
# most memory that it took in $resident, KiB.
learn() {
	local mode=$1
	shift
	status=0
	inside a "${unprivileged[@]}" /usr/bin/env python3 "$work/measure.py" "$work/dormouse-injector" learn \
		--prometheus "http://127.0.0.1:9090/$mode" --days 2 --prometheus-timeout 3s \
		--api-server https://127.0.0.1:6443 --api-token-file "$work/token" "$@" \
		>"$work/out" 2>"$work/err" || status=$?
	resident=$(sed -n 's/^resident //p' "$work/err")
}
cat >"$work/measure.py" <<'PYTHON'
import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
print("resident", usage.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
PYTHON

# refuses MODE WORDS [FLAG...]: nothing but an error with these words.
refuses() {
	local mode=$1 words=$2
	shift 2
	learn "$mode" "$@"
	check "$mode: exit status, output" "1 0" "$status $(wc -c <"$work/out")"
	if ! grep -qE -- "$words" "$work/err"; then
		failed "$mode: \"$words\" is not in: $(cut -c1-300 "$work/err")"
	fi
	check_resident "$mode: resident, KiB" 1000 65536 "$resident"
}

learn good
check "an honest one: exit status" 0 "$status"
check "its pods" 2 "$(jq -r '.data[]' "$work/out" | jq .pods)"
learn hiccup
check "one that answers in the end: exit status" 0 "$status"

# Away.
refuses list-away "status 503"
refuses away "status 503: not now"
refuses busy "status 429: not now"
refuses forbidden "status 403: not now"
refuses moved "status 302"
check "is not asked again" 1 "$(grep -c "^forbidden api/v1/query_range" "$work/liar.log")"
check "is asked again" 3 "$(grep -c "^away api/v1/query_range" "$work/liar.log")"
inside a "$work/dormouse-injector" learn --prometheus http://127.0.0.1:9 >"$work/out" 2>"$work/err" || status=$?
check "refused: exit status" 1 "$status"
check_that "refused" grep -q "onnect" "$work/err"

# Cut, slow, huge. libcurl says how many bytes are missing, in words that change.
refuses cut " bytes "
refuses endless " bytes "
refuses slow "timed out after 3"
refuses huge "the answer is over 256 MiB"
refuses half "ends early"
refuses list-half "ends early"
refuses nothing "ends early"
refuses long-text "a value is over 16383 bytes"
refuses long-label "the label device is over"
refuses deep "nested more than"
refuses many-series "more than 512 series of one pod"

# Lies.
refuses empty "has no traffic of pods"
refuses html "invalid JSON at byte 1$"
refuses binary "invalid JSON at byte 1$"
refuses two "invalid JSON at byte"
refuses late "which was not asked for"
refuses backwards "which was not asked for"
refuses dense "which was not asked for"
refuses stranger "the answer has node_load1, which was not asked for"
refuses nameless "which was not asked for"
refuses unlabelled "no labels before its points"
refuses twice "the answer has tx_bytes twice"
refuses vector "a vector, not a matrix"
refuses numbers "not a time and a value"
refuses pairs "not asked for|not a time and a value"
refuses rates "is left out: tx_bytes falls"
refuses failure "timeout: query timed out"
refuses partial "the answer is partial"
refuses warning "comes with a warning: store-3 is down"

# With --apply, the API server hears of none of it.
refuses half "ends early" --apply --namespaces shop
refuses warning "comes with a warning" --apply --namespaces shop
check "questions to the API server" ready "$(cat "$work/api.log")"

# Many pods: each is asked for alone, and not all of one workload.
learn crowd-500 --days 1
check "a crowd: exit status" 0 "$status"
check "pods" 300 "$(jq -r '.data[]' "$work/out" | jq .pods)"
check "it says so" 1 "$(grep -c "Deployment/crowd: 300 of 500 pods were played" "$work/err")"
check_resident "resident, KiB" 1000 65536 "$resident"
refuses crowd-80001 "more than 80000 pods"

finish
