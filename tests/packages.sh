#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes sure that Debian (or Ubuntu) packages are there.
#
#     tests/packages.sh install|tell|skip PACKAGE...
#     tests/packages.sh unpack|unpack-whole DIR PACKAGE...
#     tests/packages.sh sources [SUITE]
#
# install: installs what is missing, and says which; without root or sudo it says what to
#          type and fails.
# tell:    only says what to type, and fails.
# skip:    trusts the machine, as does any mode on a machine without dpkg.
# unpack:  only unpacks the packages below DIR: for a program whose package would start a
#          service on this machine.
# unpack-whole: the same with all that they depend on and that this machine lacks: names of
#          libraries differ between releases.
# sources: prints where this machine's packages come from, "options uri suite" an entry. With
#          SUITE instead the lines of a sources.list by which the same mirrors give that
#          release of Debian; none, if this machine is no Debian.
# A machine that has them all is left alone: apt is not run.
set -eu

mode=$1
shift
[ "$mode" != skip ] && command -v dpkg-query >/dev/null || exit 0

# Each entry of apt's sources that has main, in either format: "options uri suite".
apt_sources() {
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -r "$file" ] || continue
		# deb [options] uri suite components
		sed -nE 's/^deb[[:space:]]+(\[[^]]*\][[:space:]]+)?/\1|/p' "$file" |
			awk -F'|' '{ split($2, field, /[ \t]+/)
				if ($2 ~ /[ \t]main([ \t]|$)/)
					print ($1 == "" ? "[]" : keyring($1)), field[1], field[2] }
				function keyring(options) {
					if (match(options, /signed-by=[^] \t]+/))
						return "[" substr(options, RSTART, RLENGTH) "]"
					return "[]" }'
	done
	for file in /etc/apt/sources.list.d/*.sources; do
		[ -r "$file" ] || continue
		awk 'function flush(   u, s, i, j) {
				if (types ~ /(^| )deb( |$)/ && components ~ /(^| )main( |$)/ &&
				    enabled != "no")
					for (i = split(uris, u, " "); i; i--)
						for (j = split(suites, s, " "); j; j--)
							print "[" signed "]", u[i], s[j]
				types = uris = suites = components = signed = enabled = ""
			}
			/^[ \t]*$/ { flush() }
			{ key = tolower($1); value = $0; sub(/^[^:]*:[ \t]*/, "", value) }
			key == "types:" { types = value }
			key == "uris:" { uris = value }
			key == "suites:" { suites = value }
			key == "components:" { components = value }
			key == "enabled:" { enabled = value }
			key == "signed-by:" && value ~ /^\// { signed = "signed-by=" value }
			END { flush() }' "$file"
	done
}

# The same entries, for another release of Debian.
sources_of() {
	grep -qx 'ID=debian' /etc/os-release || return 0
	apt_sources | awk -v own="$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)" -v suite="$1" '
		own == "" { own = "sid" }
		index($3, own) == 1 { print "deb", $1, $2, suite substr($3, length(own) + 1), "main" }' |
		sed 's/ \[\] / /'
}

if [ "$mode" = sources ]; then
	if [ $# = 0 ]; then apt_sources; else sources_of "$1"; fi
	exit 0
fi

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

# What an installation of these packages would add, themselves among them. An entry with
# "[version]" would be an upgrade: the machine has it.
additions() {
	apt-get -q -s install --no-install-recommends "$@" 2>>"$log" |
		sed -n 's/^Inst \([^ ]*\) (.*/\1/p'
}

# fetch WHOLE PACKAGE...: downloads them here; WHOLE: unpack or unpack-whole.
fetch() {
	whole=$1
	shift
	packages=
	[ "$whole" = unpack ] || packages=$(additions "$@")
	# shellcheck disable=SC2086 # a list of names
	apt-get -q -o APT::Sandbox::User="$(id -un)" download "$@" $packages >>"$log" 2>&1
}

if [ "$mode" = unpack ] || [ "$mode" = unpack-whole ]; then
	mkdir -p "$1"
	cd "$1"
	shift
	echo "packages missing, unpacking into $PWD: $*"
	fetch "$mode" "$@" || {
		apt_get update
		fetch "$mode" "$@"
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
