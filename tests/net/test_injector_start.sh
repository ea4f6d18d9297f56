#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# How the injector starts: what it says of itself, what it does not start with, what it is
# not ready without, and how it ends. Here is no API server.
#
#     +-------- a --------+
#     | dormouse-injector |  loopback only
#     +-------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=injector.sh
source "$(dirname "$0")/injector.sh"
need_injector timeout
make_space a
program=$work/dormouse-injector

# run [ARGUMENT...]: the exit status is in $status, what it says in $work/out and $work/err.
run() {
	status=0
	timeout 20 "$program" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
}

# --- what it says of itself ---------------------------------------------------------------
for arguments in "" serve inject; do
	# shellcheck disable=SC2086 # one word or none
	run $arguments --help
	check "${arguments:-without a command} --help: exit status" 0 "$status"
	check "${arguments:-without a command} --help: on standard error" "" "$(cat "$work/err")"
	check_that "${arguments:-without a command} --help: no line is over 80 columns" \
		test "$(wc -L <"$work/out")" -le 80
done
check_that "inject's flags are listed" grep -q -- '--template ' "$work/out"
check "the server's flags are not" 0 "$(grep -c -- '--listen' "$work/out" || true)"
run serve --help
for flag in listen metrics-listen certificate-lifetime client-ca-file max-body log-format; do
	check_that "serve --help has --$flag" grep -q -- "--$flag " "$work/out"
done
run version
check "version: exit status" 0 "$status"
for library in dormouse-injector libmicrohttpd GnuTLS libcurl cJSON; do
	check_that "version names $library" grep -Eq "${library}[ /][0-9]" "$work/out"
done

# --- what it does not start with ----------------------------------------------------------
# refuses NAME STATUS WORDS [ARGUMENT...]: it ends with these words in one line.
refuses() {
	local name=$1 expected=$2 words=$3
	shift 3
	run serve --listen 127.0.0.1:0 --metrics-listen 127.0.0.1:0 "$@"
	check "$name: exit status" "$expected" "$status"
	check_that "$name: it says why" grep -qF -- "$words" "$work/err"
}
server=(--api-server https://127.0.0.1:9)
refuses "a bad value" 2 'invalid value "x" for --max-body: expected a size of 4KiB to 8MiB' \
	--max-body x
refuses "no namespace of its own" 1 '"event":"failed","message":"--namespace is not given"' \
	"${server[@]}"
for flag in service secret webhook; do
	refuses "a $flag that is no name" 1 "for --$flag: expected a Kubernetes name" \
		"${server[@]}" --namespace n "--$flag" ../other
done
refuses "no API server" 1 "there is no API server: KUBERNETES_SERVICE_HOST is not set" \
	--namespace n
refuses "a template that is not there" 1 /nowhere.json --namespace n "${server[@]}" \
	--template /nowhere.json

# --- what it is not ready without ---------------------------------------------------------
# readiness PORT: the answer of the injector whose metrics are on PORT + 1, its first line. The
# image's name is told of in the second.
readiness() {
	inside a curl -s --max-time 10 "http://127.0.0.1:$(($1 + 1))/readyz" | head -n 1
}
start a injector-8443.log "$program" serve --listen 127.0.0.1:8443 \
	--metrics-listen 127.0.0.1:8444 --namespace n "${server[@]}" --image-loaded
owner=$started
eventually "without a certificate" "there is no certificate yet" readiness 8443
check "but it lives" ok "$(inside a curl -s http://127.0.0.1:8444/healthz)"
api_failures() {
	local failures
	failures=$(measure a 8443 'dormouse_injector_kubernetes_requests_total{outcome="failure"}')
	((failures > 0))
}
check_that "requests to the API server fail" wait_for "failures" api_failures
check "a handshake without a certificate" 000 "$(inside a curl -sk --max-time 10 -o /dev/null \
	-w '%{http_code}' https://127.0.0.1:8443/inject)"

# Its port is taken by the one above until that ends.
make_certificate first
use_certificate first
start a injector-8453.log "$program" serve --listen 127.0.0.1:8443 \
	--metrics-listen 127.0.0.1:8454 --tls-cert-file "$work/in-use.crt" \
	--tls-key-file "$work/in-use.key" --check-interval 1s --image-loaded
injector=$started
eventually "without its port" "the port for reviews cannot be had yet" readiness 8453
kill -TERM "$owner"
wait "$owner" || true
eventually "when that is free" ok readiness 8453

openssl req -new -key "$work/first.key" -subj /CN=late -out "$work/late.csr"
faketime -f -3d openssl x509 -req -in "$work/late.csr" -days 1 \
	-signkey "$work/first.key" -out "$work/late.crt" 2>/dev/null
cp "$work/first.key" "$work/late.key"
use_certificate late
eventually "with an expired certificate" "the certificate has expired" readiness 8453
use_certificate first
eventually "with a valid one again" ok readiness 8453

# --- variables that are wrong -------------------------------------------------------------
long=$(printf 'n%.0s' {1..80})
start a injector-8463.log env DORMOUSE_MAX_BODY=9GiB POD_NAMESPACE="$long" "$program" serve \
	--listen 127.0.0.1:8463 --metrics-listen 127.0.0.1:8464 \
	--tls-cert-file "$work/in-use.crt" --tls-key-file "$work/in-use.key" --image-loaded
eventually "with bad variables it serves" ok readiness 8463
check "they are counted" 2 "$(measure a 8463 dormouse_config_errors)"
for variable in DORMOUSE_MAX_BODY POD_NAMESPACE; do
	check "$variable is told of" 1 \
		"$(grep -c "\"event\":\"bad-variable\".*$variable" "$work/injector-8463.log")"
done

# --- the HTTP library gives up ------------------------------------------------------------
# It aborts when the kernel does not take a connection out of its epoll set. The other replica
# answers until this one is back.
start a injector-8473.log "$TOOLS/refuse" epoll-del -- "$program" serve \
	--listen 127.0.0.1:8473 --metrics-listen 127.0.0.1:8474 \
	--tls-cert-file "$work/in-use.crt" --tls-key-file "$work/in-use.key" --image-loaded
panicking=$started
has_ended() {
	readiness 8473 >"$work/out"
	! [[ -d /proc/$panicking ]] || grep -q '^State:.Z' "/proc/$panicking/status"
}
check_that "the library gives up: it ends" wait_for "the end" has_ended
ended=0
wait "$panicking" || ended=$?
check "the library gives up: exit status" 1 "$ended"
check_that "the library gives up: it is told" grep -q \
	'"event":"failed","message":"the HTTP library cannot go on: ' "$work/injector-8473.log"

# --- SIGHUP -------------------------------------------------------------------------------
hangups() {
	grep -c '"event":"nothing-to-reload"' "$work/injector-8453.log" || true
}
kill -HUP "$injector"
eventually "SIGHUP is told of" 1 hangups
check "and the injector goes on" ok "$(readiness 8453)"
# A second signal to stop ends the draining at once.
kill -TERM "$injector"
eventually "SIGTERM" stopping readiness 8453
kill -TERM "$injector"
ended=0
wait "$injector" || ended=$?
check "a second SIGTERM" 143 "$ended"
finish
