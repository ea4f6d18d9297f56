#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes the libraries of the static sidecar once more, for tests: the same versions of the same
# sources without the same parts (sidecar/libraries.sh), by a compiler that checks more. Only
# libmicrohttpd has its TLS here, because the injector's tests link it as well.
#
#     tests/libraries.sh DIR STATIC
#
# STATIC                 what sidecar/static.sh has made: its sources are taken
# DIR/include, DIR/lib   what the tests compile and link against
# DIR/versions           the source packages, one a line; written last
#
# CC and CFLAGS are those of the tests.
set -euo pipefail

# shellcheck source=sidecar/sources.sh
source "sidecar/sources.sh"
# shellcheck source=sidecar/libraries.sh
source "sidecar/libraries.sh"

# Its source packages, not the folders beside them, in which it has compiled.
originals=$(mktemp -d)
trap 'rm -rf "$originals"' EXIT
find "$(realpath "$2")/source" -maxdepth 1 -type f -exec ln -s -t "$originals" {} +

get_sources "$1" "$originals" <<<"$libraries"
compiler="$CC $CFLAGS -fPIE" archiver=ar https=yes
build_libraries
rm -rf "$dir/source"
mv "$dir/versions.new" "$dir/versions"
