# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# report.sh - how test scripts say what they found. Sourced, never run.
#
# A line "ok ..." or "FAILED ..." for each thing that was looked at; tests/run.sh counts
# them. wait_for and eventually poll: nothing here sleeps to let something happen.

# Seconds that anything may take before it counts as not happening.
patience=${TEST_PATIENCE:-30}
failures=0
finished=

skip() {
	echo "skipped: $*"
	finished=1
	exit 77
}

ok() {
	printf 'ok      %s\n' "$*"
}

failed() {
	printf 'FAILED  %s\n' "$*"
	failures=$((failures + 1))
}

# check NAME EXPECTED FOUND: the two are the same text.
check() {
	if [[ $2 == "$3" ]]; then
		ok "$1: $3"
	else
		failed "$1: expected $2, found ${3:-nothing}"
	fi
}

# check_between NAME LEAST MOST FOUND
check_between() {
	if awk -v least="$2" -v most="$3" -v found="$4" \
		'BEGIN { exit !(found != "" && found + 0 >= least + 0 && found + 0 <= most + 0) }'; then
		ok "$1: $4 (expected $2 to $3)"
	else
		failed "$1: expected $2 to $3, found ${4:-nothing}"
	fi
}

# check_that NAME COMMAND...: the command succeeds.
check_that() {
	local name=$1
	shift
	if "$@"; then
		ok "$name"
	else
		failed "$name"
	fi
}

# wait_for NAME COMMAND...: the command succeeds sooner or later.
wait_for() {
	local name=$1 end=$((SECONDS + patience))
	shift
	until "$@"; do
		if ((SECONDS >= end)); then
			failed "$name: not within $patience s"
			return 1
		fi
		sleep 0.05
	done
}

# eventually NAME EXPECTED COMMAND...: the command's output becomes EXPECTED.
eventually() {
	local name=$1 expected=$2 end=$((SECONDS + patience)) found
	shift 2
	while
		found=$("$@" || true)
		[[ $found != "$expected" ]] && ((SECONDS < end))
	do
		sleep 0.05
	done
	check "$name" "$expected" "$found"
}

finish() {
	finished=1
	if ((failures > 0)); then
		echo "$failures failed"
		exit 1
	fi
	exit 0
}
