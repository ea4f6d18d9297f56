#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes cmocka with the static sidecar's compiler, from the distribution's source package, so that
# the unit tests run on the C library that ships.
#
#     CC=COMPILER tests/cmocka.sh DIR
#
# DIR/include, DIR/lib/libcmocka.a  what the tests compile and link against
# DIR/versions                      the source package; written last
set -euo pipefail

# shellcheck source=sidecar/sources.sh
source "sidecar/sources.sh"

get_sources "$1" <<<"cmocka 0"
compiler=$(realpath "$CC")
mkdir "$dir/lib"
cd "$dir/source/cmocka"
quietly cmocka "$compiler" -w -O1 -fno-lto -D_GNU_SOURCE -DHAVE_INTTYPES_H -DHAVE_MALLOC_H \
	-DHAVE_SIGNAL_H -DHAVE_STRINGS_H -DHAVE_STRSIGNAL -DHAVE_STRUCT_TIMESPEC \
	-DHAVE_CLOCK_GETTIME -DHAVE_CLOCK_REALTIME -Iinclude -c -o cmocka.o src/cmocka.c
quietly cmocka ar rcs "$dir/lib/libcmocka.a" cmocka.o
cp -r include "$dir/"
mv "$dir/versions.new" "$dir/versions"
