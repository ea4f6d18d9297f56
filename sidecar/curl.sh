#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes the libcurl of the injector's image: HTTP/1.1 over GnuTLS and nothing else, compiled from
# the distribution's source package. `make slim` runs it, then links the injector with it.
#
#     sidecar/curl.sh DIR [SOURCES]
#
# DIR/include, DIR/lib/libcurl.a  what the injector compiles and links against
# DIR/notices/libcurl/            of what is linked in: its copyright, and what dpkg would have on it
# DIR/versions                    the source package that was used; written last
#
# CC and CFLAGS are those of the injector. SOURCES is a folder that has the source, see sources.sh,
# which owns where it comes from.
#
# Why not the distribution's own: HTTP/2, SSH, LDAP, Kerberos, RTMP and compression come with it, in
# 19 libraries that the injector's image then has to carry and none of which is ever called; an
# OpenSSL beside GnuTLS is among them.
# Why static: one program uses it, so that the linker leaves out what that one does not call, which
# no shared library can. It adds 222 KiB to the program, and the image needs no library that has
# the name, or almost, of Debian's libcurl-gnutls.so.4 and does less.
set -euo pipefail

# shellcheck source=sidecar/sources.sh
source "$(dirname "$0")/sources.sh"

# What configure would take in unasked. Left in: the resolver in a thread of its own, without which
# a name that is not answered for would stop the injector's clock; words for errors; IPv6; the
# proxy's code, because only the injector's telling it so keeps it from heeding the environment; and
# dates, which reading certificates needs.
without="ftp file ldap ldaps rtsp dict telnet tftp pop3 imap smb smtp gopher mqtt
	http-auth crypto-auth basic-auth bearer-auth digest-auth kerberos-auth negotiate-auth aws ntlm
	ntlm-wb tls-srp sspi alt-svc hsts websockets cookies doh netrc mime form-api headers-api
	get-easy-options progress-meter dnsshuffle unix-sockets ares ech httpsrr ipfs
	manual docs libcurl-option ca-search bindlocal sha512-256"
without_library="zlib brotli zstd libpsl libgsasl libssh libssh2 librtmp libidn2 nghttp2 ngtcp2
	ca-bundle ca-path zsh-functions-dir fish-functions-dir"

build_curl() {
	local name flags=()
	for name in $without; do flags+=("--disable-$name"); done
	for name in $without_library; do flags+=("--without-$name"); done
	cd "$dir/source/curl"
	# What this release has no switch for is not there to be left out.
	quietly curl ./configure CC="${CC:-gcc}" CFLAGS="${CFLAGS:--O2}" --with-gnutls \
		--disable-option-checking --disable-shared --enable-static --with-pic=no \
		--disable-dependency-tracking --enable-threaded-resolver "${flags[@]}"
	quietly curl make -j"$(nproc)" -C lib libcurl.la
	cp lib/.libs/libcurl.a "$dir/lib/"
	cp include/curl/*.h "$dir/include/curl/"
}

# As rootfs.sh takes them in: for those who read, and for the scanners of images, which ask by source
# package and version whether there is anything known against it.
write_notices() {
	local version
	version=$(sed -n 's/^curl \([^ ]*\).*/\1/p' "$dir/versions.new")
	cp "$dir/source/curl/debian/copyright" "$dir/notices/libcurl/"
	cat >"$dir/notices/libcurl/status" <<-STATUS
		Package: libcurl
		Status: install ok installed
		Maintainer: Dormouse
		Architecture: $(dpkg --print-architecture)
		Source: curl
		Version: $version
		Description: libcurl with HTTP/1.1 and GnuTLS only, linked into dormouse-injector
	STATUS
}

get_sources "$1" "${2:-}" <<<"curl 0"
mkdir -p "$dir"/{lib,include/curl,notices/libcurl}
(build_curl)
write_notices
mv "$dir/versions.new" "$dir/versions"
