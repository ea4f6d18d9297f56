#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs one fuzzer, and says in a line what came of it: how often it ran, how many edges of the code
# it has reached, and the inputs that reach them.
#
#     tests/fuzz/run.sh BUILD FUZZER [OPTION OF LIBFUZZER...]
#
# Inputs to start from lie in tests/fuzz/NAME, those that were found in BUILD/corpus/NAME; what
# breaks it is left in BUILD, the output in BUILD/NAME.log.
set -u

build=$1 fuzzer=$2
name=${fuzzer##*/fuzz_}
log=$build/$name.log
shift 2

folders=("$build/corpus/$name")
mkdir -p "${folders[0]}"
[ ! -d "tests/fuzz/$name" ] || folders+=("tests/fuzz/$name")
"$fuzzer" "$@" -timeout=20 -rss_limit_mb=1024 -print_final_stats=1 \
	-artifact_prefix="$build/$name." "${folders[@]}" >"$log" 2>&1 || {
	tail -n 40 "$log"
	echo "fuzz $name: FAILED"
	exit 1
}
runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
reached=$(sed -n 's/.* cov: \([0-9]*\) .* corp: \([0-9]*\).*/\1 edges, \2 inputs/p' "$log" | tail -n 1)
printf 'fuzz %-20s nothing found in %8d runs, %s\n' "$name:" "$runs" "$reached"
