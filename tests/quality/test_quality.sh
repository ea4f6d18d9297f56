#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The detector, in its default settings, meets every target of the set base, on a corpus made here and now.
# The set all has more than the detector can do yet: make score.
set -u
cd "$(dirname "$0")" || exit 1
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

ok() { echo "ok $*"; }
failed() {
	echo "FAILED $*"
	status=1
}
status=0

for test in ./test_score.py ./test_traffic.py; do
	if $test 2>"$made/log"; then
		ok "$test"
	else
		cat "$made/log"
		failed "$test"
	fi
done

./generate.py --out "$made/corpus" --seed 1 --set base || exit 1

if ./score.py --corpus "$made/corpus" --set base --detector "$DORMOUSE replay --lifecycle {trace}" --verbose --check; then
	ok every target is met
else
	failed every target is met
fi

# The score itself can fail.
if ./score.py --corpus "$made/corpus" --set base --detector true --check >/dev/null; then
	failed a silent detector misses the targets
else
	ok a silent detector misses the targets
fi

# What its alerts say is what the traces show, and that check can fail.
if ./figures.py --corpus "$made/corpus" --detector "$DORMOUSE replay --lifecycle {trace}"; then
	ok every figure in an alert is true
else
	failed every figure in an alert is true
fi
./random_traces.py --out "$made/random" --seed 1 || exit 1
for flags in "" "--learn 60s --dormant-after 20s" "--learn 10s --dormant-after 5s --egress-budget 1MB"; do
	what="every figure in an alert about random traffic is true${flags:+, $flags}"
	if ./figures.py --corpus "$made/random" --detector "$DORMOUSE replay --lifecycle $flags {trace}"; then
		ok "$what"
	else
		failed "$what"
	fi
done
if ./figures.py --corpus "$made/corpus" --detector true >/dev/null; then
	failed without alerts no figure is said to be true
else
	ok without alerts no figure is said to be true
fi
exit $status
