#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What of the code tests reach. Of programs that were built with clang's counters these lie in a file
# that each process maps: they are there however it ends, by _exit() or killed.
#
#     tests/coverage.sh run FOLDER COMMAND...   runs tests, with the counters in FOLDER
#     tests/coverage.sh report FOLDER PROGRAM...
#
# The report has a line a room: tests/coverage.py.
set -euo pipefail

task=$1 folder=$(realpath -m "$2")
shift 2
if [ "$task" = run ]; then
	mkdir -p "$folder"
	chmod 1777 "$folder" # monitors without privilege write there as well
	export LLVM_PROFILE_FILE="$folder/%p-%m%c.profraw" SANITIZED=1
	exec "$@"
fi

objects=()
for program in "${@:2}"; do
	objects+=(-object "$program")
done
find "$folder" -name '*.profraw' -size +0 >"$folder/list"
# A process that was killed while it started has left no counters that can be read.
llvm-profdata merge -sparse -failure-mode=all -f "$folder/list" -o "$folder/all.profdata"
llvm-cov export -summary-only -instr-profile="$folder/all.profdata" "$1" "${objects[@]}" \
	>"$folder/summary.json"
tests/coverage.py sidecar/ROOMS "$folder/summary.json" 12
