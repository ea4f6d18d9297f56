#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The webhook's HTTPS and its metrics' HTTP, as strangers, the API server and Prometheus
# use them: versions of TLS, bad requests, slow ones, too many; certificates exchanged and
# an end under load.
#
#     +--------------- a ----------------+
#     |  dormouse-injector               |
#     |  curl, openssl, reviewer, rude   |  loopback only
#     +----------------------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=injector.sh
source "$(dirname "$0")/injector.sh"
need_injector jq python3
rude=$(dirname "$0")/rude.py

make_space a
# The template is exchanged as the kubelet does: another file under the name.
template() {
	echo "$1" >"$work/template.new"
	mv "$work/template.new" "$work/template.json"
}
template '{"image": "dormouse:first"}'
start_injector a 8443 --template "$work/template.json"
https=https://localhost:8443

# ask [CURL ARGUMENTS]: the status; the answer is in $work/answer.
ask() {
	inside a curl -s --max-time 20 --cacert "$work/in-use.crt" -o "$work/answer" \
		-w '%{http_code}' "$@" || true
}
json=(-H "Content-Type: application/json")

# --- slow clients, while everything else goes on --------------------------------------
for how in silent half-hello drip-head drip-body; do
	start a "rude-$how" python3 "$rude" 8443 $how 2
done

# --- TLS ------------------------------------------------------------------------------
# handshake FLAGS: whether there is one.
handshake() {
	inside a openssl s_client -connect 127.0.0.1:8443 -CAfile "$work/in-use.crt" \
		-verify_return_error "$@" </dev/null >"$work/out" 2>&1
}
no_handshake() {
	! handshake "$@"
}
check_that "TLS 1.3" handshake -tls1_3
check_that "TLS 1.2" handshake -tls1_2
check_that "no TLS 1.1" no_handshake -tls1_1 -cipher 'ALL:@SECLEVEL=0'
check_that "no TLS 1.0" no_handshake -tls1 -cipher 'ALL:@SECLEVEL=0'
check_that "no CBC" no_handshake -tls1_2 -cipher ECDHE-ECDSA-AES128-SHA
check "plain HTTP on that port" 000 "$(ask http://localhost:8443/inject)"

# --- a review -------------------------------------------------------------------------
check "a review" 200 "$(ask "${json[@]}" --data-binary @"$review" "$https/inject?timeout=3s")"
check "its answer" "true JSONPatch" "$(jq -r '.response | "\(.allowed) \(.patchType)"' "$work/answer")"
injects() {
	jq -r .response.patch "$work/answer" | base64 -d | grep -q "\"dormouse:$1\""
}
check_that "by the template" injects first
template '{"image": "dormouse:second"}'
check "with a charset" 200 "$(ask -H 'Content-Type: Application/JSON; charset=utf-8' \
	--data-binary @"$review" $https/inject)"
check "chunked" 200 "$(ask "${json[@]}" -H 'Transfer-Encoding: chunked' \
	--data-binary @"$review" $https/inject)"

# --- what is no review: a status and a line that says why ------------------------------
# refused NAME STATUS WORDS [CURL ARGUMENTS]
longest=0
refused() {
	local name=$1 status=$2 words=$3 begin=$EPOCHREALTIME found
	shift 3
	found=$(ask "$@")
	longest=$(awk -v b="$begin" -v e="$EPOCHREALTIME" -v l="$longest" \
		'BEGIN { print (e - b > l) ? e - b : l }')
	if [[ $found == "$status" && $(wc -l <"$work/answer") == 1 ]] &&
		grep -qi -- "$words" "$work/answer"; then
		ok "$name: $status $(cut -c1-100 "$work/answer")"
	else
		failed "$name: expected $status and a line with \"$words\", found $found" \
			"$(head -c 300 "$work/answer")"
	fi
}
head -c 3000 "$review" >"$work/truncated"
sed 's/"kind":"AdmissionReview"/"kind":"Review"/' "$review" >"$work/kind"
sed 's/"namespace":"shop","operation"/"namespace":"shop","namespace":"x","operation"/' \
	"$review" >"$work/twice"
sed 's/"operation":"CREATE"/"operation":"DELETE"/' "$review" >"$work/delete"
sed 's/"kind":"Pod","apiVersion":"v1"/"kind":"Service","apiVersion":"v1"/;
	s/"kind":"Pod"}/"kind":"Service"}/g' "$review" >"$work/service"
{
	echo -n '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"object":'
	head -c 200000 /dev/zero | tr '\0' '['
} >"$work/deep"
{
	echo -n '{"kind":"AdmissionReview","a":[0'
	awk 'BEGIN { for (i = 0; i < 700000; i++) printf ",0" }'
	echo -n ']}'
} >"$work/many"
printf '\377\376{}' >"$work/binary"
head -c 20000000 /dev/zero >"$work/huge"
: >"$work/empty"

refused "truncated" 400 "line 1" "${json[@]}" --data-binary @"$work/truncated" $https/inject
refused "no JSON" 400 "line 1" "${json[@]}" -d 'hello' $https/inject
refused "no UTF-8" 400 "line 1" "${json[@]}" --data-binary @"$work/binary" $https/inject
refused "empty" 400 "empty" "${json[@]}" --data-binary @"$work/empty" $https/inject
refused "another kind" 400 "AdmissionReview" "${json[@]}" --data-binary @"$work/kind" $https/inject
refused "no object" 400 "object" "${json[@]}" -d '[]' $https/inject
refused "a key twice" 400 "namespace" "${json[@]}" --data-binary @"$work/twice" $https/inject
refused "of another resource" 422 "Pod" "${json[@]}" --data-binary @"$work/service" $https/inject
refused "of a deletion" 422 "CREATE" "${json[@]}" --data-binary @"$work/delete" $https/inject
refused "deeply nested" 413 "deep" "${json[@]}" --data-binary @"$work/deep" $https/inject
refused "too many values" 413 "values" "${json[@]}" --data-binary @"$work/many" $https/inject
refused "no content type" 415 "application/json" -H 'Content-Type:' -d '{}' $https/inject
refused "a form" 415 "application/json" -d '{}' $https/inject
refused "another path" 404 "/inject" "${json[@]}" -d '{}' $https/elsewhere
refused "GET" 405 "POST" $https/inject
check "and says what is allowed" "POST" "$(inside a curl -sI --cacert "$work/in-use.crt" \
	$https/inject | tr -d '\r' | awk '$1 == "Allow:" { print $2 }')"
refused "huge, announced" 413 "max-body" "${json[@]}" --data-binary @"$work/huge" $https/inject
check "of that was sent" 0 "$(inside a curl -s --cacert "$work/in-use.crt" "${json[@]}" \
	-H "Expect: 100-continue" --data-binary @"$work/huge" -o "$work/answer" \
	-w '%{size_upload}' $https/inject)"
refused "huge, without asking" 413 "max-body" "${json[@]}" -H 'Expect:' \
	--data-binary @"$work/huge" $https/inject
# shellcheck disable=SC2016
inside a bash -c 'yes | curl -s --max-time 20 --cacert "$1" -H "Content-Type: application/json" \
	-X POST -T - -o "$2" -w "%{http_code}" https://localhost:8443/inject' - \
	"$work/in-use.crt" "$work/answer" >"$work/out" || true
check "a body without end" 413 "$(cat "$work/out")"
check_that "and why" grep -q max-body "$work/answer"
check_between "longest of these, seconds" 0 3 "$longest"
check_resident "resident after all that, KiB" 1 16384 "$(of_process VmRSS)"

# --- large bodies have an allowance, small ones do not need it --------------------------
start a large python3 "$rude" 8443 large 6 4
said() {
	[[ -s $work/$1 ]]
}
check_that "large bodies are on their way" wait_for "large" said large
check_between "of six large bodies refused for now" 2 5 \
	"$(tr ' ' '\n' <"$work/large" | grep -c 503)"
check_between "bytes that the others take" 3000000 8388608 \
	"$(measure a 8443 dormouse_injector_large_body_bytes)"
check "a review beside them" 200 "$(ask "${json[@]}" --data-binary @"$review" $https/inject)"

# --- metrics ----------------------------------------------------------------------------
metrics=http://127.0.0.1:8444
measured() {
	measure a 8443 "$1"
}
inside a curl -sf $metrics/metrics >"$work/text"
inside a curl -sf -H 'Accept: application/openmetrics-text;version=1.0.0' $metrics/metrics \
	>"$work/openmetrics"
if command -v promtool >/dev/null; then
	check "promtool" "" "$(promtool check metrics <"$work/text" 2>&1)"
else
	echo "promtool is not here: the package prometheus has it"
fi
names() {
	sed -n 's/^\([a-z][^ ]*\) .*/\1/p' "$1" | sort
}
check "OpenMetrics ends as it must" "# EOF" "$(tail -n 1 "$work/openmetrics")"
check "both forms have the same series" "" \
	"$(diff <(names "$work/text") <(names "$work/openmetrics"))"
check "series twice" "" "$(names "$work/text" | uniq -d)"
for line in 'injected 4' 'refused,bad-request 7' 'refused,not-found 1' 'refused,method 2' \
	'refused,content-type 2' 'refused,unprocessable 2'; do
	IFS=', ' read -r outcome reason count <<<"$line"
	[[ $outcome == injected ]] && count=$reason reason=
	check "counted as $outcome $reason" "$count" \
		"$(measured "dormouse_injector_reviews_total{outcome=\"$outcome\",reason=\"$reason\"}")"
done
check "durations" "$(awk '/reviews_total{outcome="(injected|skipped|failed)"/ { n += $2 }
	/reason="unprocessable"/ { n += $2 } END { print n + 8 }' "$work/text")" \
	"$(measured dormouse_injector_review_duration_seconds_count)"
check "certificate's end" "$(date -ud "$(openssl x509 -in "$work/in-use.crt" -noout -enddate |
	cut -d= -f2)" +%s)" "$(measured dormouse_injector_certificate_expiry_timestamp_seconds)"
check_between "handshakes that failed" 3 50 "$(measured dormouse_injector_handshake_failures_total)"
check "healthz" "200 ok" "$(inside a curl -s -w '%{http_code}' $metrics/healthz -o "$work/out") $(cat "$work/out")"
check "HEAD" 200 "$(inside a curl -sI -o /dev/null -w '%{http_code}' $metrics/readyz)"
for target in http://injector:8080/readyz HTTP://injector/metrics 'https://injector/healthz?x=y'; do
	check "GET $target" 200 "$(inside a curl -s -o /dev/null -w '%{http_code}' \
		--request-target "$target" $metrics)"
done
check "GET http://user@injector/metrics" 400 "$(inside a curl -s -o /dev/null \
	-w '%{http_code}' --request-target http://user@injector/metrics $metrics)"
check "POST to the metrics" 405 "$(inside a curl -s -d x -o /dev/null -w '%{http_code}' $metrics/metrics)"
check "another path there" 404 "$(inside a curl -s -o /dev/null -w '%{http_code}' $metrics/inject)"

# --- the slow ones ----------------------------------------------------------------------
for how in silent half-hello drip-head drip-body; do
	check_that "$how ended" wait_for "$how" said rude-$how
	check_between "seconds until $how was cut" 8 14 "$(cat "$work/rude-$how")"
done
check "handshakes cut" 4 "$(measured \
	'dormouse_injector_connections_cut_total{port="reviews",reason="handshake"}')"
check "requests cut" 4 "$(measured \
	'dormouse_injector_connections_cut_total{port="reviews",reason="request"}')"
check_between "lines on refusals" 10 60 "$(grep -c '"event":"refused"' "$work/injector-8443.log")"
check_that "a line on each decision" grep -q '"event":"injected","message":"shop/web-6d4cf56db6-' \
	"$work/injector-8443.log"

# --- the template, which has been another one for ten seconds ----------------------------
template_reloads() {
	measured dormouse_injector_template_reloads_total
}
eventually "templates taken" 1 template_reloads
ask "${json[@]}" --data-binary @"$review" $https/inject >"$work/out"
check_that "pods are injected by the new template" injects second
template '{"image": 5}'

# --- too many connections ---------------------------------------------------------------
first=$injector
start_injector a 8453 --max-connections 8 --idle-timeout 120s
start a hold python3 "$rude" 8453 hold 20 20
check_that "twenty come" wait_for "twenty" grep -qs holding "$work/hold"
check "connections" 8 "$(measure a 8453 'dormouse_injector_connections{port="reviews"}')"
cut_for_others() {
	measure a 8453 'dormouse_injector_connections_cut_total{port="reviews",reason="crowded"}'
}
cut_before=$(cut_for_others)
check_between "turned away, or cut for others of their host" 12 20 $((cut_before +
	$(measure a 8453 'dormouse_injector_connections_refused_total{port="reviews",reason="share"}')))
# Who has asked nothing makes room for those who have something to ask.
let_in() {
	[[ $(ask "${json[@]}" --data-binary @"$review" https://localhost:8453/inject) == 200 ]]
}
check_that "a review finds room" wait_for "room" let_in
check_between "idle ones that made room" 1 8 $(($(cut_for_others) - cut_before))

# --- idle ones --------------------------------------------------------------------------
start_injector a 8463 --idle-timeout 1s
start a idle python3 "$rude" 8463 hold 3 4
check_that "three idle ones come" wait_for "three" grep -qs holding "$work/idle"
idle_cut() {
	measure a 8463 'dormouse_injector_connections_cut_total{port="reviews",reason="idle"}'
}
eventually "idle ones cut" 3 idle_cut
injector=$first
check_resident "resident, KiB" 1 16384 "$(of_process VmRSS)"

# --- another certificate, under load ------------------------------------------------------
# load NAME: reviews over kept and over fresh connections until the injector is gone or
# unload() is called.
load() {
	start a "kept-$1" "$work/reviewer" 8443 "$review" 4 0 300
	kept=$started
	start a "fresh-$1" "$work/reviewer" 8443 "$review" 4 0 50 fresh
	fresh=$started
}
unload() {
	stop "$kept"
	stop "$fresh"
}
# said_of NAME FIELD
said_of() {
	field "$2" <"$work/$1"
}
load exchange
served() {
	inside a openssl s_client -connect 127.0.0.1:8443 </dev/null 2>/dev/null |
		openssl x509 -noout -subject | tr -d ' '
}
for name in second third fourth; do
	make_certificate $name
	use_certificate $name
	eventually "the $name certificate is served" "subject=CN=$name" served
done
make_certificate torn
cp "$work/torn.key" "$work/in-use.key"
refused_pair() {
	grep -q "does not belong" "$work/injector-8443.log"
}
check_that "a key of another certificate is told of" wait_for "that" refused_pair
check "and not served" "subject=CN=fourth" "$(served)"
use_certificate fourth

unload
for how in kept fresh; do
	for trouble in lost other unconnected; do
		check "$how: $trouble while certificates changed" 0 \
			"$(said_of $how-exchange $trouble)"
	done
	check_between "$how: answered meanwhile" 50 1000000 \
		"$(said_of $how-exchange answered)"
done

template_failures() {
	measured dormouse_injector_template_reload_failures_total
}
eventually "broken templates" 1 template_failures
ask "${json[@]}" --data-binary @"$review" $https/inject >"$work/out"
check_that "and the one before stays in use" injects second

# --- and the end of the program -----------------------------------------------------------
load end
under_load() {
	(($(measured 'dormouse_injector_reviews_total{outcome="injected",reason=""}') > before + 200))
}
before=$(measured 'dormouse_injector_reviews_total{outcome="injected",reason=""}')
check_that "there is load" wait_for "load" under_load
kill -TERM "$injector"
readiness() {
	inside a curl -s "$metrics/readyz"
}
eventually "readiness after SIGTERM" stopping readiness
check "a review after SIGTERM" 200 "$(ask "${json[@]}" --data-binary @"$review" $https/inject)"
check_that "which closes its connection" grep -qi "^connection: close" <(inside a curl -s -D - \
	-o /dev/null --cacert "$work/in-use.crt" "${json[@]}" --data-binary @"$review" $https/inject)
stopped=0
wait "$injector" || stopped=$?
check "exit status after SIGTERM" 0 "$stopped"
wait "$kept" "$fresh" || true
for how in kept fresh; do
	for trouble in lost other; do
		check "$how: $trouble when the program ended" 0 "$(said_of $how-end $trouble)"
	done
done
finish
