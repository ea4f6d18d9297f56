#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs tests and adds them up.
#
#     tests/run.sh BUILD TEST...
#
# A TEST is a cmocka program, whose cases count each, or a script (*.sh), whose lines "ok
# ...", "FAILED ..." and "skipped: ..." count each: it passes with exit status 0, is skipped
# with 77, fails with any other or when it takes longer than TEST_TIMEOUT seconds. One line a
# test, and one for each thing that was skipped, with the reason; the output of those that
# fail is shown, as is that of all with VERBOSE=1. The last line is the sum, and the exit
# status 0 only if nothing failed and something passed.
#
# TEST_JOBS run side by side, by default one a processor; then, one by one, those scripts
# that say "# Runs alone" because they measure time.
#
# With TEST_RETRY=1 a test that failed is run once more when all are done, alone: on a
# machine that others load as well, traffic may stall for seconds. What passes only then is
# named at the end, and what it said at first is shown above.
#
# Scripts find the program and the tools they drive by $DORMOUSE, which may name another than
# that of BUILD, $INJECTOR and $TOOLS; Prometheus is on the PATH.
set -u

build=$1
shift
export DORMOUSE=${DORMOUSE:-$PWD/$build/dormouse}
export INJECTOR=$PWD/$build/dormouse-injector TOOLS=$PWD/$build/tests/net
PATH=$PATH:$PWD/$build/tools/usr/bin
export LC_ALL=C.UTF-8
logs=$build/logs
mkdir -p "$logs"
passed=0 failed=0 skipped=0

# A name of its own for each: two rooms may have a test of the same name.
log_of() {
	local test=${1#"$build"/tests/}
	echo "$logs/${test//\//.}.log"
}

# Prints "passed failed skipped" of a test by its exit status and what it printed. One that
# failed without saying what, or died before its summary, is one failure.
count() {
	local test=$1 status=$2 log=$3 p f s
	if [[ $test == *.sh ]]; then
		p=$(grep -c '^ok ' "$log")
		f=$(grep -c '^FAILED ' "$log")
		s=$(skips_of "$log" | wc -l)
		((status == 77)) && p=0 f=0 s=1 status=0
	else
		# A program may run several groups: each has a summary.
		p=$(sum_of PASSED "$log")
		f=$(sum_of FAILED "$log")
		s=$(sum_of SKIPPED "$log")
	fi
	if ((status != 0 && f == 0)); then
		f=1
	elif ((status == 0 && p + f + s == 0)); then
		f=1
		echo "nothing was tested" >>"$log"
	fi
	echo "$p" "$f" "$s"
}

sum_of() {
	sed -n "s/^\[ *$1 *\] \([0-9]*\) test(s).*/\1/p" "$2" | awk '{ n += $1 } END { print n + 0 }'
}

# What was skipped, a line each: a script says so itself, of cmocka's cases it is the name and
# the line before it, if the test said why.
skips_of() {
	awk '/^skipped: / { print }
		/^\[  SKIPPED \] [A-Za-z_]/ && !/test\(s\)/ && !named[$4]++ {
			print "skipped: " $4 (said ~ /^\[/ || said == "" ? "" : ": " said) }
		{ said = $0 }' "$1"
}

# Runs one test, prints its line and leaves its count beside its log.
run_test() {
	local test=$1 log begin child status seconds p f s verdict
	log=$(log_of "$test")
	begin=$EPOCHREALTIME
	timeout --kill-after=60 "$limit" "$test" </dev/null >"$log" 2>&1 &
	child=$!
	trap 'kill $child; wait $child; exit 1' TERM
	{ wait $child; } 2>>"$log"
	status=$?
	((status == 124)) && echo "took longer than $limit s" >>"$log"
	seconds=$(awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $begin }")
	read -r p f s < <(count "$test" $status "$log")
	echo "$p $f $s" >"$log.count"
	if ((f > 0)); then
		verdict=FAILED
	elif ((p == 0)); then
		verdict=skipped
	else
		verdict=ok
	fi
	exec 9<"$0" # one speaks at a time
	flock 9
	printf '%-8s %-40s %4d passed %6s s\n' $verdict "${test#"$build"/tests/}" "$p" "$seconds"
	((s == 0)) || skips_of "$log" | sed 's/^/         /'
	if ((f > 0)) || [[ -n ${VERBOSE:-} ]]; then
		sed 's/^/    | /' "$log"
	fi
}

alone() {
	[[ $1 == *.sh ]] && grep -q '^# Runs alone' "$1"
}

limit=${TEST_TIMEOUT:-300}
jobs=${TEST_JOBS:-$(nproc)}
rm -f "$logs"/*.log "$logs"/*.count
trap 'kill $(jobs -p) 2>/dev/null; wait; exit 130' INT TERM
later=()
for test in "$@"; do
	if alone "$test"; then
		later+=("$test")
		continue
	fi
	while (($(jobs -rp | wc -l) >= jobs)); do
		wait -n
	done
	run_test "$test" &
done
wait
for test in "${later[@]}"; do
	run_test "$test" &
	wait $!
done

has_failed() {
	local p f s
	read -r p f s 2>/dev/null <"$(log_of "$1").count" || return 0
	((f > 0))
}

second=()
if [[ ${TEST_RETRY:-} == 1 ]]; then
	for test in "$@"; do
		has_failed "$test" || continue
		cp "$(log_of "$test")" "$(log_of "$test").first"
		run_test "$test" &
		wait $!
		has_failed "$test" || second+=("$test")
	done
fi

for test in "$@"; do
	read -r p f s <"$(log_of "$test").count" || p=0 f=1 s=0
	((passed += p, failed += f, skipped += s))
done
((${#second[@]} == 0)) || echo "passed when run again alone: ${second[*]}"
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && passed > 0))
