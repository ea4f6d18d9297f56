#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes sure that Debian (or Ubuntu) packages are there.
#
#     tests/packages.sh install|tell|skip PACKAGE...
#     tests/packages.sh unpack DIR PACKAGE...
#
# install: installs what is missing, and says which; without root or sudo it says what to
#          type and fails.
# tell:    only says what to type, and fails.
# skip:    trusts the machine, as does any mode on a machine without dpkg.
# unpack:  only unpacks the packages below DIR: for a program whose package would start a
#          service on this machine.
# A machine that has them all is left alone: apt is not run.
set -eu

mode=$1
shift
[ "$mode" != skip ] && command -v dpkg-query >/dev/null || exit 0

exec 9<"$0" # one at a time
flock 9

if [ "$(id -u)" = 0 ]; then
	as_root="env"
elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
	as_root="sudo env"
else
	as_root=
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt_get() {
	$as_root DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o Dpkg::Use-Pty=0 -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 \
		"$@" </dev/null >>"$log" 2>&1
}

if [ "$mode" = unpack ]; then
	mkdir -p "$1"
	cd "$1"
	shift
	echo "packages missing, unpacking into $PWD: $*"
	apt-get -q -o APT::Sandbox::User="$(id -un)" download "$@" >"$log" 2>&1 || {
		apt_get update
		apt-get -q -o APT::Sandbox::User="$(id -un)" download "$@" >>"$log" 2>&1
	} || {
		tail -n 20 "$log" >&2
		exit 1
	}
	for file in *.deb; do
		dpkg-deb -x "$file" .
		rm "$file"
	done
	exit 0
fi

missing=
for package in "$@"; do
	state=$(dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null || true)
	echo "$state" | grep -qx installed || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$mode" = tell ] || [ -z "$as_root" ]; then
	echo "packages missing:$missing" >&2
	echo "install them as root: apt-get install --no-install-recommends$missing" >&2
	exit 1
fi

echo "packages missing, installing:$missing"
# The lists may be absent or older than the mirror: they are fetched first, and only their
# failure with the installation's is one.
apt_get update || echo "packages: apt-get update failed, going on" >&2
# shellcheck disable=SC2086 # a list of names
apt_get install --no-install-recommends $missing || {
	tail -n 20 "$log" >&2
	echo "packages: could not install:$missing" >&2
	exit 1
}
