#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes what the static sidecar is built with and from: a compiler that links static,
# hardened programs against musl, and libnl-3, libnl-route-3, libmicrohttpd, cJSON and
# zlib, compiled by it from the distribution's source packages without what Dormouse does not
# use. `make static` runs it, then builds Dormouse itself.
#
#     sidecar/static.sh DIR [SOURCES]
#
# DIR/cc                 the compiler, with everything that makes its output static and hard
# DIR/include, DIR/lib   what the program compiles and links against
# DIR/versions           the source packages that were used, one a line; written last
#
# SOURCES is a folder that has them, as this script leaves them in DIR/source: nothing is
# fetched then. A folder PACKAGE in it, of a library that was changed, goes before its source
# package.
#
# Without it the sources come through apt, which checks them against the archive's signed Release
# file. The machine's own apt configuration is read, never changed: the lists that this
# needs (deb-src, and testing's for libraries that stable has too old) live in DIR/apt.
set -euo pipefail
shopt -s extglob

dir=$(realpath -m "$1")
sources=${2:+$(realpath -e "$2")}

# package, least version wanted, or 0 for the machine's own release whatever it is
wanted="libnl3 0
libmicrohttpd 1.0.10
cjson 1.7.19
zlib 0"

say() { echo "static: $*"; }
die() { echo "static: $*" >&2; exit 1; }

# --- sources ----------------------------------------------------------------------------

# apt with lists and cache of its own: private_apt LIST COMMAND...
private_apt() {
	local list=$1
	shift
	"$1" -q \
		-o Dir::Etc::SourceList="$dir/apt/$list.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State::Lists="$dir/apt/$list" -o Dir::Cache="$dir/apt/cache" \
		-o Acquire::AllowInsecureRepositories=false \
		-o APT::Get::AllowUnauthenticated=false -o Acquire::Retries=3 \
		-o Acquire::Languages=none -o APT::Sandbox::User="$(id -un)" "${@:2}"
}

# Writes the source lists "own" (this machine's release), "testing", "stable" and "oldstable".
others="testing stable oldstable"
write_lists() {
	local codename options uri suite other
	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	codename=${codename:-sid}
	mkdir -p "$dir/apt/cache"
	for other in own $others; do
		mkdir "$dir/apt/$other"
		: >"$dir/apt/$other.list"
	done
	while read -r options uri suite; do
		case $suite in
		"$codename"* | stable* | oldstable* | testing* | unstable | sid)
			echo "deb-src $options $uri $suite main" >>"$dir/apt/own.list" ;;
		esac
		case $suite in
		"$codename" | stable | oldstable)
			for other in $others; do
				echo "deb-src $options $uri $other main" >>"$dir/apt/$other.list"
			done ;;
		esac
	done < <(tests/packages.sh sources)
	sed -i 's/ \[\] / /' "$dir"/apt/*.list
	[ -s "$dir/apt/own.list" ] || die "no source of $codename in apt's configuration"
}

# newest LIST PACKAGE: its newest version there, or nothing
newest() {
	local version best=
	while read -r version; do
		if [ -z "$best" ] || dpkg --compare-versions "$version" gt "$best"; then
			best=$version
		fi
	done < <(private_apt "$1" apt-cache showsrc "$2" 2>/dev/null |
		awk -v package="$2" '/^Package:/ { mine = $2 == package }
			/^Version:/ && mine { print $2 }')
	echo "$best"
}

# Unpacks PACKAGE's source into DIR/source/PACKAGE, of this machine's release if that is
# new enough, else of testing.
fetch() {
	local package=$1 least=$2 list=own version newer note=
	version=$(newest own "$package")
	if [ "$least" != 0 ] && dpkg --compare-versions "${version:-0}" lt "$least"; then
		update testing
		newer=$(newest testing "$package")
		if [ -n "$newer" ] && dpkg --compare-versions "$newer" gt "${version:-0}"; then
			list=testing version=$newer
		fi
		dpkg --compare-versions "${version:-0}" ge "$least" ||
			note=" WARNING: older than $least, which the archive does not serve"
	fi
	[ -n "$version" ] || die "the archive has no source of $package"
	if ! download "$list" "$package" "$version"; then
		elsewhere "$package" "$least" "$version" ||
			{ cat "$dir/log/$package" >&2; die "$package $version could not be fetched"; }
	fi
	unpack "$package" "${package}_${version#*:}.dsc"
	say "$package $version$note"
	echo "$package $version$note" >>"$dir/versions.new"
}

download() {
	(cd "$dir/source" &&
		private_apt "$1" apt-get --only-source --download-only source "$2=$3" >"$dir/log/$2" 2>&1)
}

# Mirrors have holes: what the archive lists and this one does not serve is taken from another
# release, if that has one that is new enough. Sets fetch()'s version and note.
elsewhere() {
	local package=$1 least=$2 wanted=$3 other
	for other in $others; do
		update "$other"
		version=$(newest "$other" "$package")
		[ -n "$version" ] || continue
		[ "$version" != "$wanted" ] || continue
		dpkg --compare-versions "$version" ge "$least" || continue
		if download "$other" "$package" "$version"; then
			note=" WARNING: of $other, because the mirror does not serve $wanted"
			return
		fi
	done
	return 1
}

# unpack PACKAGE FILE: FILE, a .dsc or an archive in DIR/source, into DIR/source/PACKAGE.
unpack() {
	(cd "$dir/source" &&
		case $2 in
		*.dsc) dpkg-source --no-check -x "$2" "$1" ;;
		*) tar -xf "$2" ;;
		esac >>"$dir/log/$1" 2>&1 &&
		# One age for all, or a patched Makefile.am would ask for automake.
		find "$1" -type f -exec touch -r "$1/debian/control" {} +) ||
		{ cat "$dir/log/$1" >&2; die "$2 could not be unpacked"; }
}

# The same as fetch(), from SOURCES.
take() {
	local package=$1 dsc version files
	if [ -d "$sources/$package" ]; then
		tar -C "$sources" -cf "$dir/source/$package.tar" "$package"
	elif [ -e "$sources/$package.tar" ]; then
		cp "$sources/$package.tar" "$dir/source"
	else
		dsc=$(find "$sources" -maxdepth 1 -name "${package}_*.dsc" | sort -V | tail -n 1)
		[ -n "$dsc" ] || die "$sources has no source of $package"
		mapfile -t files < <(sed -n '/^Files:/,/^[^ ]/s/^ [0-9a-f]* [0-9]* //p' "$dsc")
		(cd "$sources" && cp -t "$dir/source" "${dsc##*/}" "${files[@]}")
		unpack "$package" "${dsc##*/}"
		version=$(sed -n 's/^Version: //p' "$dsc")
	fi
	[ -n "${version:-}" ] || unpack "$package" "$package.tar"
	say "$package ${version:=changed}, from $sources"
	echo "$package $version" >>"$dir/versions.new"
}

# update LIST: once.
update() {
	[ ! -e "$dir/apt/$1.done" ] || return 0
	private_apt "$1" apt-get update >"$dir/log/$1" 2>&1 ||
		say "WARNING: no $1 for this machine: $(grep -m 1 '^E:' "$dir/log/$1")"
	: >"$dir/apt/$1.done"
}

# --- compiling --------------------------------------------------------------------------

# Writes DIR/cc. musl-gcc's own specs link without position independence when asked for a
# static program; these start it with musl's self-relocating rcrt1.o instead, so that a
# static binary too is loaded at a random address. It costs 9 KB.
write_compiler() {
	local flags protection specs
	specs=$(dpkg -L musl-dev musl-tools | grep 'musl-gcc\.specs$')
	[ -r "$specs" ] || die "musl-tools brought no musl-gcc.specs"
	sed -e 's|/Scrt1\.o|/rcrt1.o|g' \
		-e 's|^-dynamic-linker .*|-nostdlib -static -pie --no-dynamic-linker -z text|' \
		"$specs" >"$dir/musl.specs"
	if ! grep -q rcrt1.o "$dir/musl.specs" || ! grep -q no-dynamic-linker "$dir/musl.specs"; then
		die "$specs is not as this script knows it"
	fi

	flags="-fPIE -fstack-protector-strong -fstack-clash-protection"
	for protection in -fcf-protection -mbranch-protection=standard; do # x86, arm64
		if gcc $protection -E -x c /dev/null >/dev/null 2>&1; then
			flags+=" $protection"
		fi
	done
	# What is not reached is left out, down to the function.
	flags+=" -flto=auto -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables"
	flags+=" -Wl,-z,relro,-z,now,-z,noexecstack,-z,defs,--gc-sections,-O1,--build-id=none"
	printf '#!/bin/sh\nexec gcc "-specs=%s" -isystem "%s" %s "$@"\n' \
		"$dir/musl.specs" "$dir/include" "$flags" >"$dir/cc"
	chmod +x "$dir/cc"
	echo 'int main(void) { return 0; }' >"$dir/runs.c"
	if ! "$dir/cc" -o "$dir/runs" "$dir/runs.c" || ! "$dir/runs"; then
		die "what $dir/cc makes of $dir/runs.c does not run: $specs is not as this script knows it"
	fi
	rm "$dir/runs" "$dir/runs.c"
	say "compiling with gcc, musl and $flags"
}

# The kernel's own headers, which musl does not bring, without glibc's beside them.
kernel_headers() {
	mkdir -p "$dir/include"
	ln -sfn /usr/include/linux "$dir/include/linux"
	ln -sfn /usr/include/asm-generic "$dir/include/asm-generic"
	ln -sfn "/usr/include/$(gcc -print-multiarch)/asm" "$dir/include/asm"
}

# quietly NAME COMMAND...: shows the output only of what failed.
quietly() {
	local name=$1
	shift
	"$@" >>"$dir/log/$name" 2>&1 || {
		tail -n 30 "$dir/log/$name" >&2
		die "$name: $1 failed, see $dir/log/$name"
	}
}

# archive NAME FLAGS SOURCE...: compiles the sources, in this folder, into DIR/lib/NAME.a.
# Only the objects that the program refers to are linked into it.
archive() {
	local name=$1 flags=$2 objects
	shift 2
	objects=("${@//\//_}")
	# shellcheck disable=SC2016 # the inner shell expands it
	printf '%s\n' "$@" | quietly "$name" xargs -P "$(nproc)" -I{} sh -c \
		'$1 -c -o "$(echo "$2" | tr / _).o" "$2"' compile "$dir/cc -Os $flags" {}
	quietly "$name" gcc-ar rcs "$dir/lib/$name.a" "${objects[@]/%/.o}"
}

build_libnl() {
	local flags="-w -D_GNU_SOURCE -DSYSCONFDIR=\"/etc/libnl\""
	cd "$dir/source/libnl3"
	# The two generators are only for the packet matcher, which is left out below.
	quietly libnl3 ./configure FLEX=true YACC=true CC="$dir/cc" CFLAGS=-Os \
		--disable-cli --disable-debug --disable-pthreads --disable-shared
	flags+=" -Iinclude -Iinclude/linux-private -Ilib"
	archive libnl-3 "$flags" lib/*.c
	archive libnl-route-3 "$flags" lib/route/!(pktloc).c lib/route/link/*.c
	cp -r include/netlink "$dir/include/"
}

build_libmicrohttpd() {
	cd "$dir/source/libmicrohttpd"
	quietly libmicrohttpd ./configure CC="$dir/cc" AR=gcc-ar RANLIB=gcc-ranlib CFLAGS=-Os \
		--disable-shared --enable-static --disable-dependency-tracking --with-pic=no \
		--disable-https --disable-messages --disable-postprocessor --disable-dauth \
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

# Of zlib only what unpacks, with its tables made when they are needed.
build_zlib() {
	cd "$dir/source/zlib"
	archive libz "-w -DDYNAMIC_CRC_TABLE -DZ_TESTW=0 -DBUILDFIXED -DHAVE_UNISTD_H -DHAVE_STDARG_H" \
		inflate.c inffast.c inftrees.c crc32.c adler32.c zutil.c
	cp zlib.h zconf.h "$dir/include/"
}

rm -rf "$dir"
mkdir -p "$dir"/{source,log,lib}
if [ -z "$sources" ]; then
	write_lists
	say "fetching sources, checked by apt"
	private_apt own apt-get update >"$dir/log/own" 2>&1 || {
		cat "$dir/log/own" >&2
		die "apt-get update failed"
	}
fi
while read -r package least; do
	if [ -z "$sources" ]; then
		fetch "$package" "$least"
	else
		take "$package"
	fi
done <<<"$wanted"
rm -rf "$dir/apt"

kernel_headers
write_compiler
build_libnl &
libnl=$!
build_libmicrohttpd &
libmicrohttpd=$!
(build_cjson)
(build_zlib)
wait $libnl
wait $libmicrohttpd
mv "$dir/versions.new" "$dir/versions"
