#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs tests of programs that were built with a sanitizer, and fails if one of these programs was
# reported, whatever became of it: a monitor that runs behind a test may die without the test's
# notice, or be killed.
#
#     tests/sanitized.sh FOLDER COMMAND...
#
# The reports are in FOLDER. Tests see SANITIZED=1: a sanitizer's memory is not the program's.
set -u

folder=$(realpath -m "$1")
shift
rm -rf "$folder"
# Monitors without privilege write there as well.
mkdir -p "$folder"
chmod 1777 "$folder"
export SANITIZED=1
export ASAN_OPTIONS="log_path=$folder/address"
export UBSAN_OPTIONS="log_path=$folder/undefined:print_stacktrace=1"
export TSAN_OPTIONS="log_path=$folder/races:suppressions=$PWD/tests/races.supp:second_deadlock_stack=1"

"$@"
status=$?
for report in "$folder"/*; do
	[ -s "$report" ] || continue
	echo "--- ${report##*/}"
	head -n 60 "$report"
	status=1
done
exit $status
