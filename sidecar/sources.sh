#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Fetches and checks source packages of the distribution, for the scripts in this folder that
# compile them. They source this file from the top of the tree, and call get_sources().
#
# The sources come through apt, which checks them against the archive's signed Release file. The
# machine's own apt configuration is read, but never changed. The additional lists (deb-src, and
# testing's for libraries that are too old in stable) are in DIR/apt.
#
# With a folder of sources, as get_sources() leaves them in DIR/source, nothing is fetched. If it
# has a folder PACKAGE, of a modified library, that is used instead of the source package.

# What was set for the make that runs this (CC=..., --keep-going) is not for the makes of others.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES

say() { echo "$(basename "$0" .sh): $*"; }
die() { say "$*" >&2; exit 1; }

# quietly NAME COMMAND...: shows the command's output only if it fails.
quietly() {
	local name=$1
	shift
	"$@" >>"$dir/log/$name" 2>&1 || {
		tail -n 30 "$dir/log/$name" >&2
		die "$name: $1 failed, see $dir/log/$name"
	}
}

# private_apt LIST COMMAND...: runs apt with separate lists and a separate cache.
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

# newest LIST PACKAGE: prints its newest version there, or nothing.
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

# Unpacks PACKAGE's source into DIR/source/PACKAGE, from this machine's release if it is new
# enough, otherwise from testing.
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
		private_apt "$1" apt-get --only-source --download-only source "$2=$3" >"$dir/log/$2" 2>&1) &&
		return
	# What came of it is no source that was used.
	find "$dir/source" -maxdepth 1 -type f -name "$2_*" -delete
	return 1
}

# A mirror may lack a file that the archive lists. Then this takes the package from another release
# that has it new enough. Sets fetch()'s version and note.
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

# unpack PACKAGE FILE: unpacks FILE, a .dsc or an archive in DIR/source, into DIR/source/PACKAGE.
unpack() {
	(cd "$dir/source" &&
		case $2 in
		*.dsc) dpkg-source --no-check -x "$2" "$1" ;;
		*) tar -xf "$2" ;;
		esac >>"$dir/log/$1" 2>&1 &&
		# One age for all files, because a newer (patched) Makefile.am would start automake.
		find "$1" -type f -exec touch -r "$1/debian/control" {} +) ||
		{ cat "$dir/log/$1" >&2; die "$2 could not be unpacked"; }
}

# Does the same as fetch(), but from SOURCES.
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

# update LIST: updates the list, at most once.
update() {
	[ ! -e "$dir/apt/$1.done" ] || return 0
	private_apt "$1" apt-get update >"$dir/log/$1" 2>&1 ||
		say "WARNING: no $1 for this machine: $(grep -m 1 '^E:' "$dir/log/$1")"
	: >"$dir/apt/$1.done"
}

# get_sources DIR [SOURCES]: reads the wanted packages, one a line: the name and the minimum
# version, or 0 for any version of the machine's own release. Empties DIR, and sets dir to its full
# path.
#
# DIR/source/PACKAGE  the unpacked sources; their packages are in DIR/source
# DIR/log             the output of commands
# DIR/versions.new    the used packages, one a line; it becomes DIR/versions when all is compiled
get_sources() {
	local package least
	dir=$(realpath -m "$1")
	sources=${2:+$(realpath -e "$2")}
	rm -rf "$dir"
	mkdir -p "$dir"/{source,log}
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
	done
	rm -rf "$dir/apt"
}
