# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154,SC2164
# The libraries of the static sidecar: which they are, and how each is compiled, without the parts
# that Dormouse does not use. Sourced after sources.sh: by static.sh, which makes what ships, and by
# tests/libraries.sh, which makes the same for the tests with a compiler that checks more.
#
# The one who sources it sets
#   compiler  with all its flags
#   archiver  that goes with it: ar, gcc-ar for objects of link-time optimization
#   https     yes or no: whether libmicrohttpd has TLS, which only the injector needs

# package, and the minimum version, or 0 for any version of the machine's own release
libraries="libnl3 0
libmicrohttpd 1.0.10
cjson 1.7.19
zlib 0"

# archive NAME FLAGS SOURCE...: compiles the sources, in this folder, into DIR/lib/NAME.a.
# Only the objects that the program refers to are linked into it.
archive() {
	local name=$1 flags=$2 objects
	shift 2
	objects=("${@//\//_}")
	# shellcheck disable=SC2016 # the inner shell expands it
	printf '%s\n' "$@" | quietly "$name" xargs -P "$(nproc)" -I{} sh -c \
		'$1 -c -o "$(echo "$2" | tr / _).o" "$2"' compile "$compiler $flags" {}
	quietly "$name" "$archiver" rcs "$dir/lib/$name.a" "${objects[@]/%/.o}"
}

build_libnl() {
	local flags="-w -D_GNU_SOURCE -DSYSCONFDIR=\"/etc/libnl\""
	cd "$dir/source/libnl3"
	# flex and yacc are needed only for lib/route and the programs, which are omitted below.
	quietly libnl3 ./configure FLEX=true YACC=true CC="$compiler" CFLAGS= \
		--disable-cli --disable-debug --disable-pthreads --disable-shared
	flags+=" -Iinclude -Iinclude/linux-private -Ilib"
	archive libnl-3 "$flags" lib/*.c
	cp -r include/netlink "$dir/include/"
}

build_libmicrohttpd() {
	cd "$dir/source/libmicrohttpd"
	quietly libmicrohttpd ./configure CC="$compiler" CFLAGS= \
		AR="$archiver" RANLIB="${archiver/%ar/ranlib}" \
		--disable-shared --enable-static --disable-dependency-tracking --with-pic=no \
		--enable-https="$https" --disable-messages --disable-postprocessor --disable-dauth \
		--disable-bauth --disable-httpupgrade --disable-cookie --disable-curl \
		--disable-doc --disable-examples --disable-tools --disable-nls --disable-poll \
		--enable-epoll
	quietly libmicrohttpd make -j"$(nproc)" -C src/microhttpd libmicrohttpd.la
	cp src/microhttpd/.libs/libmicrohttpd.a "$dir/lib/"
	cp src/include/microhttpd.h "$dir/include/"
}

build_cjson() {
	cd "$dir/source/cjson"
	archive libcjson -w cJSON.c
	cp cJSON.h "$dir/include/"
}

# zlib makes its tables at run time when they are needed. Only the tests compress.
build_zlib() {
	cd "$dir/source/zlib"
	archive libz "-w -DDYNAMIC_CRC_TABLE -DZ_TESTW=0 -DBUILDFIXED -DHAVE_UNISTD_H -DHAVE_STDARG_H" \
		inflate.c inffast.c inftrees.c crc32.c adler32.c zutil.c deflate.c trees.c
	cp zlib.h zconf.h "$dir/include/"
}

# Makes DIR/lib and DIR/include of the sources that get_sources() has put in DIR/source.
build_libraries() {
	local libnl libmicrohttpd
	mkdir -p "$dir/lib" "$dir/include"
	build_libnl &
	libnl=$!
	build_libmicrohttpd &
	libmicrohttpd=$!
	(build_cjson)
	(build_zlib)
	wait $libnl
	wait $libmicrohttpd
}
