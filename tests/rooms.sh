#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Which includes run upwards: a room of sidecar/ROOMS that includes what comes after it there,
# or what stands beside the rooms, in sidecar/ itself.
#
#     tests/rooms.sh [ROOT]
#
# Prints "FILE: includes WHAT, of ROOM, which comes after it in sidecar/ROOMS" for each, and fails
# if there is one.
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"

find sidecar -mindepth 2 -name '*.[ch]' -print0 | sort -z | xargs -0 awk '
	BEGIN {
		while ((getline line <"sidecar/ROOMS") > 0)
			if (line ~ /^[a-z]/) {
				split(line, words, " ")
				height[words[1]] = ++rooms
			}
		status = rooms == 0
	}
	FNR == 1 {
		split(FILENAME, path, "/")
		room = path[2]
	}
	!(room in height) || !/^#include "/ { next }
	{
		what = $2
		gsub(/"/, "", what)
		split(what, path, "/")
		of = path[1]
		if (of == "dormouse") {
			of = path[2]
			sub(/\.h$/, "", of)
			if (of == "sample")
				of = "config"
		} else if (what !~ /\//) {
			dir = FILENAME
			sub(/[^\/]*$/, "", dir)
			if ((getline line <(dir what)) >= 0) {
				close(dir what)
				next
			}
			of = "sidecar"
		}
		if (!(of in height) || height[of] > height[room]) {
			print FILENAME ": includes " what ", of " of ", which comes after it in sidecar/ROOMS"
			status = 1
		}
	}
	END { exit status }'
