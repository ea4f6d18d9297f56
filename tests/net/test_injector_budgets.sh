#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs alone: it measures time.
#
# The injector keeps its budgets, as tests/bench/reviews.sh measures them, with 50,000
# reviews of its million.
exec "$(dirname "$0")/../bench/reviews.sh" 50000
