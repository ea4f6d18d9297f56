#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Adds the files that must be distributed with the static binary: the licences of all linked code,
# and the sources with which users can relink it.
#
#     sidecar/licenses.sh DIR VERSION COMMIT
#
# DIR/deps                the output of sidecar/static.sh; the texts are from the sources there
# DIR/licenses/NOTICE     the parts of the binary, and where their sources are
# DIR/licenses/*          the texts: each library's own, LGPL-2.1, and Dormouse's
# DIR/source              Dormouse's own source, as far as the binary needs it
# DIR/source/libraries    the sources of the libraries
set -euo pipefail
export LC_ALL=C

dir=$1
version=$2
commit=$3
deps=$dir/deps
from=$deps/source
to=$dir/licenses.new

# text NAME COMMAND...: writes the command's output to DIR/licenses/NAME.
text() {
	local name=$1
	shift
	"$@" >"$to/$name"
	[ -s "$to/$name" ] || { echo "licenses: no text for $name" >&2; exit 1; }
}

# libmicrohttpd's own introduction to the licence text, and the copyright holders of the library.
# The rest of the packaging's record is about tests and documents.
libmicrohttpd_notice() {
	sed '/GNU LESSER GENERAL PUBLIC LICENSE/,$d' "$from/libmicrohttpd/COPYING"
	awk -v RS= -v ORS='\n\n' '/^Files: \*\n/ || /^License: LGPL-2.1\+\n/' \
		"$from/libmicrohttpd/debian/copyright"
}

notice() {
	cat <<-NOTICE
		Dormouse $version ($commit) is under the Apache License 2.0: see "dormouse". Into its static
		binary are linked parts of

		$(sed 's/ WARNING.*//; s/^/  /' "$deps/versions")

		each under the licence in the file of its name. libnl (source package libnl3) and
		libmicrohttpd, and their use here, are covered by the GNU Lesser General Public License,
		version 2.1: see "LGPL-2.1". You may change Dormouse for your own use and take it apart to
		find out how it does with a changed library.

		To link it anew with libraries that you changed: Dormouse's source, and the complete source
		of these libraries just as they were used, lie where this binary does: in the folder
		source/ beside licenses/, or, of the image dormouse:$version, in the image
		dormouse-source:$version of the same registry. There

		    make static LIBRARY_SOURCES=libraries

		makes this binary. A folder libraries/PACKAGE (libnl3, libmicrohttpd, ...) with a changed
		source goes before that package.

		Where they are not beside it, this offer holds, for three years from the day that you were
		given this binary: whoever gave it to you gives you these sources, at your request and for
		no more than what it costs to pass them on.
	NOTICE
}

rm -rf "$to" "$dir/source"
mkdir -p "$to" "$dir/source/libraries" "$dir/source/tests"
text NOTICE notice
text dormouse cat LICENSE
text LGPL-2.1 cat "$from/libnl3/COPYING"
text libnl cat "$from/libnl3/debian/copyright"
text libmicrohttpd libmicrohttpd_notice
text cjson cat "$from/cjson/LICENSE"
text zlib sed '/\*\//q' "$from/zlib/zlib.h"
text musl cat "$from/musl/COPYRIGHT"
rm -rf "$dir/licenses"
mv "$to" "$dir/licenses"
cp -r LICENSE Dockerfile Makefile include sidecar "$dir/source"
cp tests/packages.sh tests/static.sh "$dir/source/tests"
find "$from" -maxdepth 1 -type f -exec cp -t "$dir/source/libraries" {} +
