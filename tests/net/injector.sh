# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# injector.sh - what the injector's tests share, besides lib.sh. Sourced, never run.
#
# The injector runs in a namespace of its own, with a certificate that openssl makes, and
# without a cluster.
INJECTOR=${INJECTOR:-$root/build/dormouse-injector}
review=$root/tests/bench/review.json

# need_injector TOOL...
need_injector() {
	local tool
	((EUID == 0)) || skip "needs root, for network namespaces"
	for tool in openssl curl "$@"; do
		command -v "$tool" >/dev/null || skip "needs $tool"
	done
	[[ -x $INJECTOR ]] || skip "needs $INJECTOR: make"
	[[ -x $TOOLS/reviewer ]] || skip "needs $TOOLS/reviewer: make tests"
	install -m 755 "$INJECTOR" "$TOOLS/reviewer" "$work"
}

# make_certificate NAME: $work/NAME.crt and $work/NAME.key.
make_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
		-keyout "$work/$1.key" -out "$work/$1.crt" -days 3 -subj "/CN=$1" \
		-addext subjectAltName=DNS:localhost 2>/dev/null
	chmod 644 "$work/$1.key"
}

# use_certificate NAME: the injector is to serve it, now or from the next look on.
use_certificate() {
	cp "$work/$1.key" "$work/in-use.key.new"
	cp "$work/$1.crt" "$work/in-use.crt.new"
	mv "$work/in-use.key.new" "$work/in-use.key"
	mv "$work/in-use.crt.new" "$work/in-use.crt"
}

# start_injector SPACE PORT [FLAG...]: reviews on PORT, metrics on PORT + 1; waits until it
# is ready. Its pid is in $injector, its log is $work/injector-PORT.log. ${run_as[@]} is
# put in front.
start_injector() {
	start_injector_as_it_is "$@" --image-loaded
	wait_for "the injector is ready" ready "$1" "$2" ||
		skip "no injector to test"
}

# The same, which may not become ready.
start_injector_as_it_is() {
	local space=$1 port=$2
	shift 2
	[[ -e $work/in-use.crt ]] || { make_certificate first && use_certificate first; }
	start "$space" "injector-$port.log" "${run_as[@]}" "$work/dormouse-injector" serve \
		--listen "127.0.0.1:$port" --metrics-listen "127.0.0.1:$((port + 1))" \
		--tls-cert-file "$work/in-use.crt" --tls-key-file "$work/in-use.key" \
		--check-interval 1s "$@"
	injector=$started
}
run_as=()

# ready SPACE PORT
ready() {
	[[ $(inside "$1" curl -s -o /dev/null -w '%{http_code}' \
		"http://127.0.0.1:$(($2 + 1))/readyz") == 200 ]]
}

# measure SPACE PORT 'NAME{LABELS}': a metric's value.
measure() {
	inside "$1" curl -sf --max-time 10 "http://127.0.0.1:$(($2 + 1))/metrics" |
		awk -v name="$3" '$1 == name { print $2 }'
}

# of_process FIELD: of the injector's status, KiB.
of_process() {
	awk -v field="$1:" '$1 == field { print $2 }' "/proc/$injector/status"
}

# field NAME: of what the reviewer said, on standard input.
field() {
	awk -v name="$1" '{ for (i = 1; i < NF; i++) if ($i == name) print $(i + 1) }'
}
