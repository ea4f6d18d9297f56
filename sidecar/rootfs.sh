#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes a root file system for one program of a Debian machine: the program, its shared libraries
# and the dynamic loader. It contains no other program.
#
#     sidecar/rootfs.sh DIR PROGRAM [NOTICES]
#
# DIR/usr/bin/PROGRAM        and DIR/usr/lib/...: its libraries, by the names that it loads
# DIR/usr/share/doc/*        the licence of each package with a file here, and of PROGRAM
# DIR/usr/share/common-licenses/*  the texts that these licences refer to
# DIR/var/lib/dpkg/status.d/ dpkg's entry of each such package, which image scanners read
# DIR/etc/os-release         the release of Debian
#
# NOTICES has a folder for each library that is linked into PROGRAM and belongs to no package. Each
# folder has its licence, "copyright", and an entry as in dpkg's status file, "status". They are
# copied to the same places as those of packages.
#
# Every file has the same age, so that the same packages make the same image. Libraries that a
# program opens at run time (dlopen) are not found. glibc opens libgcc_s.so.1 when a thread exits,
# and none to look up names.
set -euo pipefail
export LC_ALL=C

dir=$1
program=$2
notices=${3:-}
die() { echo "rootfs: $*" >&2; exit 1; }

# Prints the paths of the libraries and the loader, one a line. The kernel's linux-vdso has no path.
libraries() {
	ldd "$program" | grep -v linux-vdso >"$dir/ldd"
	! grep 'not found' "$dir/ldd" >&2 || die "$program lacks libraries"
	sed -nE 's/^[^\/]*(\/[^ ]+) \(0x.*/\1/p' "$dir/ldd" | sort -u
	sed -nE 's/^.*libc\.so\.6 => (\/.*)libc\.so\.6 .*/\1libgcc_s.so.1/p' "$dir/ldd"
	rm "$dir/ldd"
}

# Prints the package of FILE. The package's list may have the path from before /lib became a link to
# /usr/lib.
package_of() {
	local file=$1
	dpkg-query -S "$file" 2>/dev/null || dpkg-query -S "${file#/usr}" 2>/dev/null ||
		die "no package has $file"
}

# add FILE PATH: copies FILE, a file of a package, to PATH below DIR.
add() {
	local file package
	file=$(readlink -f "$1")
	package=$(package_of "$file")
	package=${package%%: *}
	install -D -m "$(stat -c %a "$file")" "$file" "$dir/$2"
	[ ! -e "$dir/var/lib/dpkg/status.d/${package%%:*}" ] || return 0
	install -D -m 644 "/usr/share/doc/${package%%:*}/copyright" \
		"$dir/usr/share/doc/${package%%:*}/copyright"
	dpkg-query -s "$package" >"$dir/var/lib/dpkg/status.d/${package%%:*}"
}

[ ! -e "$dir" ] || die "$dir is there already"
mkdir -p "$dir"/{etc,usr/bin,usr/lib,var/lib/dpkg/status.d}
install -m 755 "$program" "$dir/usr/bin/"
wanted=$(libraries)
for library in $wanted; do
	case $library in
	/lib64/*) add "$library" "usr$library" ;;
	/lib/*) add "$library" "usr$library" ;;
	*) add "$library" "$library" ;;
	esac
done
add /usr/lib/os-release usr/lib/os-release
ln -s ../usr/lib/os-release "$dir/etc/os-release"
for link in lib lib64; do
	[ ! -d "$dir/usr/$link" ] || ln -s "usr/$link" "$dir/$link"
done
for linked in "$notices"/*/; do
	[ -n "$notices" ] || break
	name=$(basename "$linked")
	install -D -m 644 "$linked/copyright" "$dir/usr/share/doc/$name/copyright"
	install -D -m 644 "$linked/status" "$dir/var/lib/dpkg/status.d/$name"
done
install -D -m 644 LICENSE "$dir/usr/share/doc/${program##*/}/copyright"
grep -rhoE '/usr/share/common-licenses/[A-Za-z0-9.-]*[A-Za-z0-9]' "$dir/usr/share/doc" | sort -u |
	while read -r text; do
		# Some copyright files refer to texts that Debian does not have.
		[ ! -e "$text" ] || install -D -m 644 "$(readlink -f "$text")" "$dir/$text"
	done
find "$dir" -exec touch -h -d "@${SOURCE_DATE_EPOCH:-0}" {} +
# Runs the program in DIR, to find libraries that ldd did not report.
if [ "$(id -u)" = 0 ]; then
	chroot --userspec=65532:65532 "$dir" "/usr/bin/${program##*/}" version ||
		die "${program##*/} does not run in $dir"
fi
