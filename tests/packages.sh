#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes sure that Debian (or Ubuntu) packages are there.
#
#     tests/packages.sh install|tell|skip PACKAGE...
#
# install: installs what is missing, and says which; without root or sudo it says what to
#          type and fails.
# tell:    only says what to type, and fails.
# skip:    trusts the machine, as does any mode on a machine without dpkg.
# A machine that has them all is left alone: apt is not run.
set -eu

mode=$1
shift
[ "$mode" != skip ] && command -v dpkg-query >/dev/null || exit 0

missing=
for package in "$@"; do
	state=$(dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null || true)
	echo "$state" | grep -qx installed || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
	as_root="env"
elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
	as_root="sudo env"
else
	as_root=
fi
if [ "$mode" = tell ] || [ -z "$as_root" ]; then
	echo "packages missing:$missing" >&2
	echo "install them as root: apt-get install --no-install-recommends$missing" >&2
	exit 1
fi

echo "packages missing, installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt_get() {
	$as_root DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o Dpkg::Use-Pty=0 -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 \
		"$@" </dev/null >>"$log" 2>&1
}
# The lists may be absent or older than the mirror: they are fetched first, and only their
# failure with the installation's is one.
apt_get update || echo "packages: apt-get update failed, going on" >&2
# shellcheck disable=SC2086 # a list of names
apt_get install --no-install-recommends $missing || {
	tail -n 20 "$log" >&2
	echo "packages: could not install:$missing" >&2
	exit 1
}
