#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# reviews.sh - what a review costs the injector, and whether it grows.
#
#     tests/bench/reviews.sh [COUNT]
#
# Sends COUNT reviews (1,000,000) of a pod of 6 KB over 16 kept connections, the injector
# on one processor and the client on another, as fast as they are answered; before that,
# ten seconds of 5,000 a second. Prints reviews a second, latencies, CPU and memory, and
# fails on what does not depend on the machine's other work: more than 200 microseconds of
# CPU a review (5,000 a second on one core), more than 16 MiB resident, growth of more than
# 256 KiB after the first tenth.
#
#     +---------------- a -----------------+
#     |  dormouse-injector       reviewer  |  loopback only
#     |  processor 0           processor 1 |
#     +------------------------------------+
#
# shellcheck source=../net/lib.sh
source "$(dirname "$0")/../net/lib.sh"
# shellcheck source=../net/injector.sh
source "$(dirname "$0")/../net/injector.sh"
need_injector taskset
(($(nproc) >= 2)) || skip "needs two processors"
count=${1:-1000000}
tenth=$((count / 10))
pace=$((count < 50000 ? count / 5 : 50000))

make_space a
run_as=(taskset -c 0)
start_injector a 8443

# cpu: seconds that the injector has used.
cpu() {
	measure a 8443 process_cpu_seconds_total
}
# send COUNT RATE: what the reviewer says is in $work/said, microseconds of CPU for each
# review in $each.
send() {
	local begin
	begin=$(cpu)
	inside a taskset -c 1 "$work/reviewer" 8443 "$review" 16 "$1" "$2" >"$work/said"
	each=$(awk -v b="$begin" -v e="$(cpu)" -v n="$1" \
		'BEGIN { printf "%.1f", (e - b) / n * 1e6 }')
}
said() {
	field "$1" <"$work/said"
}

begin=$(of_process VmRSS)
echo "at the start: $begin KiB resident"
send "$pace" 5000
echo "5,000 a second: p50 $(said p50_us) us, p99 $(said p99_us) us, longest $(said max_us)" \
	"us, $each us of CPU each"
check "answered at 5,000 a second" "$pace" "$(said answered)"

send "$tenth" 0
warm=$(of_process VmRSS)
echo "after $((pace + tenth)) reviews: $warm KiB resident"
send $((count - tenth)) 0
echo "as fast as can be: $(said per_second) a second, p50 $(said p50_us) us," \
	"p99 $(said p99_us) us, $each us of CPU each"
check "answered" $((count - tenth)) "$(said answered)"
check "all injected" $((pace + count)) \
	"$(measure a 8443 'dormouse_injector_reviews_total{outcome="injected",reason=""}')"
check_between "microseconds of CPU a review" 1 200 "$each"
check_between "resident at the end, KiB" 1 16384 "$(of_process VmRSS)"
check_between "high-water mark, KiB" 1 16384 "$(of_process VmHWM)"
check_between "growth after the first tenth, KiB" -16384 256 $(($(of_process VmRSS) - warm))
finish
