#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs alone: it measures time.
#
# The injector keeps its budgets, as tests/bench/reviews.sh measures them, with 50,000
# reviews of its million.
if [[ -n ${SANITIZED:-} ]]; then
	echo "skipped: a sanitizer's time and memory are not the program's"
	exit 77
fi
exec "$(dirname "$0")/../bench/reviews.sh" 50000
