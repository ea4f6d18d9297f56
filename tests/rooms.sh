#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Which includes run upwards: a room of sidecar/ROOMS that includes what comes after it there,
# or what stands beside the rooms, in sidecar/ itself.
#
#     tests/rooms.sh [ROOT]
#
# Prints "FILE: includes WHAT, of ROOM, which comes after it in sidecar/ROOMS" for each, and fails
# if there is one. A folder that no line of sidecar/ROOMS names is one as well. The parts of a room
# know the contract of the whole.
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
	# The folder that a file lies in.
	function folder(path) {
		return match(path, /\/[^\/]*$/) ? substr(path, 1, RSTART - 1) : ""
	}
	function exists(file,    line, result) {
		result = (getline line <file) >= 0
		close(file)
		return result
	}
	FNR == 1 {
		room = folder(substr(FILENAME, length("sidecar/") + 1))
		if (!(room in height)) {
			print FILENAME ": no line of sidecar/ROOMS names its room, " room
			status = 1
		}
	}
	!(room in height) || !/^#include "/ { next }
	{
		what = $2
		gsub(/"/, "", what)
		of = folder(what)
		if (of == "dormouse") {
			of = substr(what, length("dormouse/") + 1)
			sub(/\.h$/, "", of)
			if (of == "traffic")
				of = "collect"
			if (of == "past")
				of = "detect"
			if (of == "sample")
				of = "config"
			if (index(room, of "/") == 1)
				next
		} else if (of == "") {
			if (exists(folder(FILENAME) "/" what))
				next
			of = "sidecar"
		}
		if (!(of in height) || height[of] > height[room]) {
			print FILENAME ": includes " what ", of " of ", which comes after it in sidecar/ROOMS"
			status = 1
		}
	}
	END { exit status }'
