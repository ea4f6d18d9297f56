#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes the compiler and the libraries of the static sidecar, from the distribution's source
# packages: musl, and a compiler that links static, hardened programs against it; with that the
# libraries, as libraries.sh says. `make static` runs it, then builds Dormouse itself.
#
#     sidecar/static.sh DIR [SOURCES]
#
# DIR/cc                 the compiler, with all flags for static and hardened output
# DIR/include, DIR/lib   what the program compiles and links against
# DIR/versions           the source packages that were used, one a line; written last
#
# SOURCES is a folder with the sources. sources.sh describes it, and fetches them without it.
set -euo pipefail

# shellcheck source=sidecar/sources.sh
source "$(dirname "$0")/sources.sh"

# shellcheck source=sidecar/libraries.sh
source "$(dirname "$0")/libraries.sh"

# musl, without the dynamic loader, at DIR. Its own compiler flags say what it may be protected by.
build_musl() {
	cd "$dir/source/musl"
	quietly musl ./configure --prefix="$dir" --disable-shared --disable-gcc-wrapper \
		CC=gcc CFLAGS="-Os -fPIE"
	quietly musl make -j"$(nproc)" install
}

# Writes DIR/cc. These specs put musl in glibc's place, as musl's own do, but with the
# self-relocating rcrt1.o, so that a static binary is also loaded at a random address.
write_compiler() {
	local flags protection
	cat >"$dir/musl.specs" <<-SPECS
		%rename cpp_options old_cpp_options

		*cpp_options:
		-nostdinc -isystem $dir/include -isystem include%s %(old_cpp_options)

		*cc1:
		%(cc1_cpu) -nostdinc -isystem $dir/include -isystem include%s

		*link_libgcc:
		-L$dir/lib -L .%s

		*libgcc:
		libgcc.a%s %:if-exists(libgcc_eh.a%s)

		*startfile:
		$dir/lib/rcrt1.o $dir/lib/crti.o crtbeginS.o%s

		*endfile:
		crtendS.o%s $dir/lib/crtn.o

		*link:
		-nostdlib -static -pie --no-dynamic-linker -z text

		*esp_link:


		*esp_options:


		*esp_cpp_options:


	SPECS

	flags="-fPIE -fstack-protector-strong -fstack-clash-protection"
	for protection in -fcf-protection=return -mbranch-protection=standard; do # x86, arm64
		if gcc $protection -E -x c /dev/null >/dev/null 2>&1; then
			flags+=" $protection"
		fi
	done
	# The linker omits unused functions and data.
	# One partition: the compiler sees all at once, which is smaller by a kilobyte.
	flags+=" -flto=auto -flto-partition=one -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables"
	flags+=" -Wl,-z,relro,-z,now,-z,noexecstack,-z,defs,--gc-sections,-O1,--build-id=none"
	# Eight bytes for up to 63 relocations instead of 24 for each. A linker that cannot pack them
	# for this machine says that it ignores the option.
	echo 'int main(void) { return 0; }' >"$dir/runs.c"
	if compile_runs "$flags -Wl,-z,pack-relative-relocs,--fatal-warnings"; then
		flags+=" -Wl,-z,pack-relative-relocs"
	fi
	compile_runs "$flags" || die "what $dir/cc makes of $dir/runs.c does not run, see $dir/log/compiler"
	rm "$dir/runs" "$dir/runs.c"
	say "compiling with gcc, musl and $flags"
}

# compile_runs FLAGS: writes DIR/cc with the flags, and says whether what it makes of DIR/runs.c runs.
compile_runs() {
	printf '#!/bin/sh\nexec gcc "-specs=%s" -isystem "%s" %s "$@"\n' \
		"$dir/musl.specs" "$dir/include" "$1" >"$dir/cc"
	chmod +x "$dir/cc"
	"$dir/cc" -o "$dir/runs" "$dir/runs.c" >>"$dir/log/compiler" 2>&1 && "$dir/runs"
}

# The kernel's headers, which musl does not have, without glibc's headers from the same folder.
kernel_headers() {
	mkdir -p "$dir/include"
	ln -sfn /usr/include/linux "$dir/include/linux"
	ln -sfn /usr/include/asm-generic "$dir/include/asm-generic"
	ln -sfn "/usr/include/$(gcc -print-multiarch)/asm" "$dir/include/asm"
}

# musl since 1.2.4 reads packed relocations
get_sources "$1" "${2:-}" <<<"musl 1.2.5
$libraries"
kernel_headers
(build_musl)
write_compiler
compiler="$dir/cc -Oz" archiver=gcc-ar https=no
build_libraries
mv "$dir/versions.new" "$dir/versions"
