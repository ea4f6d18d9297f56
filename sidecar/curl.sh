#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds the libcurl of the injector's image from the distribution's source package: only HTTP/1.1
# over GnuTLS. `make slim` runs it, then links the injector with it.
#
#     sidecar/curl.sh DIR [SOURCES]
#
# DIR/include, DIR/lib/libcurl.a  what the injector compiles and links against
# DIR/notices/libcurl/            libcurl's copyright, and an entry as in dpkg's status file
# DIR/versions                    the source package that was used; written last
#
# CC and CFLAGS are those of the injector. SOURCES is a folder with the source. sources.sh describes
# it, and fetches the source without it.
#
# Why not the distribution's build: it needs 19 libraries for HTTP/2, SSH, LDAP, Kerberos, RTMP and
# compression, with an OpenSSL in addition to GnuTLS. The injector's image would contain them, but
# the injector never calls them.
# Why static: only one program uses libcurl, so the linker can omit the functions that it does not
# call. A shared library must keep them. libcurl adds 222 KiB to the program. The image also needs
# no reduced library with almost the name of Debian's libcurl-gnutls.so.4.
set -euo pipefail

# shellcheck source=sidecar/sources.sh
source "$(dirname "$0")/sources.sh"

# Features that configure enables by default, and that are disabled here. These stay: the threaded
# resolver, because a name without an answer would otherwise block the injector's thread; error
# texts; IPv6; the proxy code, because the injector needs its option to ignore the environment's
# proxy; and date parsing, which reading certificates needs.
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
	# configure ignores switches that this release does not have: it has no such feature.
	quietly curl ./configure CC="${CC:-gcc}" CFLAGS="${CFLAGS:--O2}" --with-gnutls \
		--disable-option-checking --disable-shared --enable-static --with-pic=no \
		--disable-dependency-tracking --enable-threaded-resolver "${flags[@]}"
	quietly curl make -j"$(nproc)" -C lib libcurl.la
	cp lib/.libs/libcurl.a "$dir/lib/"
	cp include/curl/*.h "$dir/include/curl/"
}

# Writes the notices that rootfs.sh copies: for readers, and for image scanners, which look up known
# vulnerabilities by source package and version.
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
