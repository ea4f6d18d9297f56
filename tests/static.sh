#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Asserts that a program is static, hardened and small, and that it runs where there is
# nothing else.
#
#     tests/static.sh FILE MAX_BYTES
#
# Beside it are the licences of what it is made of, and it prints them.
set -eu

file=$1
max=$2
complain() {
	echo "$file: $*" >&2
	exit 1
}

headers=$(readelf --wide --program-headers "$file")
dynamic=$(readelf --wide --dynamic "$file")
case $headers in *INTERP*) complain "asks for a dynamic loader" ;; esac
case $dynamic in *NEEDED*) complain "needs shared libraries" ;; esac
case $dynamic in *TEXTREL*) complain "has text relocations" ;; esac
readelf --file-header "$file" | grep -q 'Type:.*DYN' || complain "is loaded at a fixed address"
case $headers in *GNU_RELRO*) ;; *) complain "has no read-only relocations" ;; esac
echo "$headers" | grep GNU_STACK | grep -q 'RW ' || complain "has an executable stack"
! readelf --wide --sections "$file" | grep -q '\.symtab' || complain "is not stripped"

size=$(stat -c %s "$file")
[ "$size" -le "$max" ] || complain "has $size bytes, $((size - max)) more than the $max allowed"

licenses=$("$file" version --licenses)
for name in dormouse libnl libmicrohttpd cJSON zlib musl; do
	echo "$licenses" | grep -q "^  $name  *[A-Z][A-Za-z0-9.+-]*  *Copyright" || complain "says no licence of $name"
done
folder=$(dirname "$file")/licenses
for text in NOTICE dormouse LGPL-2.1 libnl libmicrohttpd cjson zlib musl; do
	[ -s "$folder/$text" ] || complain "has no $folder/$text beside it"
	[ "$(echo "$licenses" | grep -cxF "$(sed -n '/[a-z]/{p;q}' "$folder/$text")")" -ge 1 ] ||
		complain "does not print $folder/$text"
done

# As in a pod: an empty root, a user without a name.
if [ "$(id -u)" = 0 ]; then
	root=$(mktemp -d)
	trap 'rm -rf "$root"' EXIT
	chmod 755 "$root"
	cp "$file" "$root/program"
	cp -r "$folder" "$root/"
	chroot --userspec=65532:65532 "$root" /program version || complain "does not run in an empty root"
	chroot --userspec=65532:65532 "$root" /program version --licenses | grep -q '^--- /licenses/musl' ||
		complain "does not find its licences where the image has them"
fi
echo "$file: static, $size bytes of $max allowed"
