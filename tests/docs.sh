#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Which links of the pages lead nowhere: to a file that is not there, to a heading that the page
# has not got, or a path in backquotes that the repository has not got.
#
#     tests/docs.sh [ROOT]
#
# Prints "FILE:LINE: what is wrong" for each, and fails if there is one. Links to other sites are
# not followed. A heading's anchor is made as GitHub makes it. Each room of sidecar/ROOMS has to
# stand in the picture that sidecar/README.md begins with.
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"
status=0

find . \( -name build -o -name .git \) -prune -o -name '*.md' -print | sort | sed 's|^\./||' |
	LC_ALL=C.UTF-8 awk '
	function folder(path) {
		return match(path, /\/[^\/]*$/) ? substr(path, 1, RSTART) : ""
	}
	# The path without "." and "..", from the root; "" is the root, ".." what lies outside.
	function plain(path,    parts, kept, n, i, depth, result) {
		depth = 0
		n = split(path, parts, "/")
		for (i = 1; i <= n; i++) {
			if (parts[i] == "" || parts[i] == ".")
				continue
			if (parts[i] != "..")
				kept[++depth] = parts[i]
			else if (depth-- == 0)
				return ".."
		}
		for (i = 1; i <= depth; i++)
			result = result (i > 1 ? "/" : "") kept[i]
		return result
	}
	function exists(path) {
		if (!(path in there))
			there[path] = system("test -e \"./" path "\"") == 0
		return there[path]
	}
	function anchor(heading) {
		heading = tolower(heading)
		gsub(/\]\([^)]*\)/, "", heading)
		gsub(/[^[:alnum:] _-]/, "", heading)
		gsub(/ /, "-", heading)
		return heading
	}
	function wrong(what) {
		print page ":" number[page] ": " what
		status = 1
	}
	# One link of the page, as it stands there.
	function follow(link,    path, name) {
		if (link ~ /^[a-z]+:/)
			return
		name = ""
		path = link
		if (match(link, /#/)) {
			name = substr(link, RSTART + 1)
			path = substr(link, 1, RSTART - 1)
		}
		path = path == "" ? page : plain(folder(page) path)
		if (path == ".." || !exists(path))
			wrong("the link " link " leads to no file")
		else if (name != "" && !((path, name) in anchors))
			wrong("the link " link " leads to no heading of " path)
	}
	# Reads a page twice: first for its headings, then, when all are known, for its links.
	function read(page, pass,    line, fenced, name, rest, code, link) {
		number[page] = 0
		fenced = 0
		while ((getline line <page) > 0) {
			number[page]++
			if (line ~ /^ *```/)
				fenced = !fenced
			if (fenced || line ~ /^(    |\t)/)
				continue
			if (pass == 1) {
				if (line !~ /^#+ /)
					continue
				sub(/^#+ +/, "", line)
				name = anchor(line)
				if ((page, name) in anchors)
					name = name "-" ++again[page, name]
				anchors[page, name] = 1
				continue
			}
			rest = line
			while (match(rest, /`[^`]*`/)) {
				code = substr(rest, RSTART + 1, RLENGTH - 2)
				rest = substr(rest, RSTART + RLENGTH)
				if (code !~ /^(\.ci|include|manifests|sidecar|tests)\/[^*<>{}$]*$/)
					continue
				sub(/ .*/, "", code)
				if (!exists(code))
					wrong("there is no " code)
			}
			gsub(/`[^`]*`/, "", line)
			while (match(line, /\]\([^()]*\)/)) {
				link = substr(line, RSTART + 2, RLENGTH - 3)
				line = substr(line, RSTART + RLENGTH)
				follow(link)
			}
		}
		close(page)
	}
	{ pages[++count] = $0 }
	END {
		status = count == 0
		for (pass = 1; pass <= 2; pass++)
			for (i = 1; i <= count; i++) {
				page = pages[i]
				read(page, pass)
			}
		exit status
	}' || status=1

picture=$(awk '/^```/ { if (pictures++) exit } pictures' sidecar/README.md)
while read -r room; do
	grep -qw "${room##*/}" <<<"$picture" || {
		echo "sidecar/README.md: the room $room is not in the picture of the layout"
		status=1
	}
done < <(sed -n 's/^\([a-z][a-z/]*\) .*/\1/p' sidecar/ROOMS)
exit $status
