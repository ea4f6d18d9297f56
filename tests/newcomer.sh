#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Does what the README tells a newcomer to do, where there is only what a newcomer has: a
# base system of Debian with make, git and ca-certificates, and a clone of what is committed
# here. As root, with mmdebstrap.
#
#     tests/newcomer.sh SUITE [TARGET [VARIABLE=VALUE]]
#
# SUITE is bookworm, trixie or another release that this machine's mirrors have. There `make
# run`, on a terminal, until it answers to each command that it suggests, and `make test`;
# then `make`, `make run` and `make test` once more, on what the first round left. TARGET is
# made instead of the second `make test`.
#
# The system lies in a folder of its own below ${TMPDIR:-/var/tmp}, which is removed however
# this ends; its processes and mounts are in namespaces of their own and end with it. The
# network is this machine's, so port 9477 has to be free; of several newcomers one at a time
# has it.
set -euo pipefail
cd "$(dirname "$0")/.."

suite=$1
target=("${@:2}")
[ $# -gt 1 ] || target=(test)
work=$(mktemp -d "${TMPDIR:-/var/tmp}/newcomer.XXXXXX")
root=$work/root
inside=
exec 9<"$0" # what they take turns by
cleanup() {
	local status=$?
	trap - EXIT
	if [ -n "$inside" ]; then
		kill -KILL "$inside" 2>/dev/null || true
		wait "$inside" 2>/dev/null || true
	fi
	# Its processes end a moment later, and may write until then.
	for _ in {1..50}; do
		rm -rf --one-file-system "$work" 2>/dev/null && break
		sleep 0.2
	done
	exit "$status"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# step WHAT: what the newcomer does now, and how long it took until here.
step() { echo "newcomer: $suite: $* ($((SECONDS / 60)) min $((SECONDS % 60)) s)"; }

die() {
	echo "newcomer: $suite: $*" >&2
	exit 1
}

# --- the base system -------------------------------------------------------------------
# What apt was told on this machine about the ways to its mirrors holds there too.
apt_options() {
	apt-config dump --format '%f "%v";%n' Acquire::Check-Valid-Until Acquire::http::Proxy \
		Acquire::https::Proxy | grep -v '""' || true
}

make_root() {
	local options=() sources=() line
	tests/packages.sh install mmdebstrap
	while read -r line; do
		options+=("--aptopt=$line")
	done < <(apt_options)
	tests/packages.sh sources "$suite" >"$work/sources.list"
	[ ! -s "$work/sources.list" ] || sources=("$work/sources.list")
	mmdebstrap --quiet --variant=minbase --include=make,git,ca-certificates \
		"${options[@]}" --dpkgopt=force-unsafe-io "$suite" "$root" "${sources[@]}" \
		>"$work/log" 2>&1 || {
		tail -n 20 "$work/log" >&2
		die "mmdebstrap failed"
	}
	cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
	# Whatever this clone is (shallow, a work tree), that is a plain repository.
	git clone -q --bare --depth 1 "file://$PWD" "$root/srv/dormouse.git"
}

# enter COMMAND...: in the base system, with processes and mounts of its own. Its root is a
# mount, not only a folder: without that nobody in it could change how mounts propagate.
enter() {
	# shellcheck disable=SC2016 # the inner shell expands it
	unshare --mount --pid --fork --kill-child bash -c 'set -e
		mount --make-rprivate /
		mount --bind "$0" "$0"
		mount -t proc proc "$0/proc"
		mount --rbind /sys "$0/sys"
		mount --rbind /dev "$0/dev"
		mount --make-rslave "$0/sys"
		mount --make-rslave "$0/dev"
		mount -t tmpfs tmpfs "$0/run"
		cd "$0"
		pivot_root . mnt
		umount -l /mnt
		exec env -i HOME=/root TERM=dumb LC_ALL=C.UTF-8 TEST_RETRY="${TEST_RETRY:-}" \
			PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"' \
		"$root" "$@"
}

# --- what the newcomer does there ------------------------------------------------------
# run_monitor LOG: `make run` on a terminal, as one types it, until all commands that it
# suggests are answered; then Ctrl-C.
run_monitor() {
	local log=$1 began commands command pid
	flock 9
	began=$SECONDS
	! (exec 4<>/dev/tcp/127.0.0.1/9477) 2>/dev/null || die "port 9477 is not free"
	rm -f /tmp/keys
	mkfifo /tmp/keys
	exec 3<>/tmp/keys
	script -qefc "make run" "$log" <&3 >/dev/null 2>&1 &
	pid=$!
	# Until then packages are installed and the program is built.
	until grep -q '"event":"started"' "$log" 2>/dev/null; do
		kill -0 "$pid" 2>/dev/null || { tail -n 40 "$log"; die "make run has ended"; }
		sleep 1
	done
	mapfile -t commands < <(tr -d '\r' <"$log" | sed -nE 's/^ +((curl|[^ ]*dormouse) [^#]*[^# ]) *#.*/\1/p')
	[ ${#commands[@]} = 3 ] || { cat "$log"; die "make run suggests ${#commands[@]} commands, not 3"; }
	for command in "${commands[@]}"; do
		answers "$command" || die "\"$command\", which make run suggests, fails"
	done
	printf '\003' >&3
	wait "$pid" || true
	exec 3>&-
	grep -q '"event":"stopped"' "$log" || { tail -n 20 "$log"; die "Ctrl-C did not stop it"; }
	flock -u 9
	step "make run answered to \"${commands[0]}\" and ${#commands[@]} in all, after $((SECONDS - began)) s"
}

# answers COMMAND: it does within its time, and says something.
answers() {
	local tries
	for tries in {1..60}; do
		[ -n "$(bash -c "$1" 2>/tmp/error)" ] && return
		sleep 1
	done
	echo "after $tries tries: $(cat /tmp/error)"
	return 1
}

# make_target TARGET [VARIABLE=VALUE]: its sum, and what it left out.
make_target() {
	local log=/tmp/make-$1.log began=$SECONDS sum
	make "$@" >"$log" 2>&1 </dev/null || {
		grep -A 60 '^FAILED' "$log" || tail -n 60 "$log"
		die "make $* failed: $(tail -n 1 "$log")"
	}
	sum=$(grep -E '^[0-9]+ passed, 0 failed' "$log" || true)
	grep -E '^ +skipped: |^passed when run again' "$log" || true
	[[ $1 == all || -n $sum ]] || die "make $* says no sum"
	step "make $*${sum:+: $sum}, $((SECONDS - began)) s"
}

newcomer() {
	cd /root
	git clone -q /srv/dormouse.git dormouse
	cd dormouse
	run_monitor /tmp/run-1.log
	make_target test
	make_target all
	run_monitor /tmp/run-2.log
	make_target "${target[@]}"
}

make_root
step "a base system with make, git and ca-certificates: $(du -sxm "$root" | cut -f 1) MB"
# Cleaning up must not wait for what runs there.
enter bash -c "set -euo pipefail; suite=$suite SECONDS=$SECONDS
	$(declare -p target)
	$(declare -f step die run_monitor answers make_target newcomer)
	newcomer" &
inside=$!
status=0
wait $inside || status=$?
inside=
exit $status
