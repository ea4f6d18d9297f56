#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# All of it works without a user, a capability or a writable root; and what a kernel
# refuses is said, while the rest goes on.
#
#     +------------ a ------------+               +--------- b ---------+
#     |  dormouse, uid 65532      |               |                     |
#     |  traffic             eth0 |---------------| eth0   sink         |
#     +---------------------------+  10.77.1.0/24 +---------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl setpriv unshare

make_space a b
join a eth0 b eth0 1
start_sink b 7000

# A root with nothing writable: everything mounted is made read-only.
cat >"$work/read-only" <<'SCRIPT'
#!/bin/bash
mount --make-rprivate /
for _ in 1 2; do
	awk '{ print $5 }' /proc/self/mountinfo | while read -r at; do
		mount -o remount,bind,ro "$(printf '%b' "$at")" 2>/dev/null
	done
done
exec "$@"
SCRIPT
chmod 755 "$work/read-only"
read_only=(unshare --mount "$work/read-only")

collector() {
	metric a "dormouse_collector_success{collector=\"$1\"}"
}
# 50 connections of 1,000 bytes, 30 datagrams.
send_some() {
	inside a "$work/traffic" connect 10.77.1.2 7000 50 1000 10 >"$work/out"
	inside a "$work/traffic" datagrams 10.77.1.2 7000 30 100 >"$work/out"
	settle a
}
# counted SOURCE...: what these say of it.
counted() {
	local name
	for name in "$@"; do
		case $name in
		links) check_that "link bytes are counted" metric_at_least a \
			'dormouse_network_transmit_bytes_total{device="eth0"}' 50000 ;;
		protocols)
			# Without sockets loopback cannot be told apart: the scrapes are in it.
			most=50
			[[ $* == *sockets* ]] || most=90
			check_between "connections opened" 50 $most \
				"$(metric a dormouse_tcp_connections_opened_total)"
			check "datagrams sent" 30 \
				"$(metric a dormouse_udp_transmit_packets_total)"
			;;
		sockets) check "bytes on connections opened" 50000 \
			"$(metric a dormouse_tcp_initiated_transmit_bytes_total)" ;;
		esac
	done
}
complaints() {
	log_lines a ".event == \"collector\" and (.message | test(\"$1\"))"
}

# --- nothing but what a restricted pod has -----------------------------------------------
run_as=("${read_only[@]}" "${unprivileged[@]}")
start_monitor a --interval 200ms
field() {
	awk -v field="$1:" '$1 == field { print $2 }' "/proc/${monitor_pid[a]}/status"
}
check "its user" 65532 "$(field Uid)"
check "its effective capabilities" 0000000000000000 "$(field CapEff)"
check "its bounding capabilities" 0000000000000000 "$(field CapBnd)"
check "no new privileges" 1 "$(field NoNewPrivs)"
# Of two mounts at one place only the later can be reached.
check "mounts that it could write to, but for those of the kernel" "" "$(awk '
	{ line[$5] = $0; how[$5] = $6 }
	END { for (at in line)
		if (how[at] ~ /^rw/ && line[at] !~ / - (proc|sysfs|cgroup2?|devpts|mqueue|binfmt_misc) /)
			print at
	}' "/proc/${monitor_pid[a]}/mountinfo" | tr '\n' ' ')"
for name in links protocols sockets socket_events; do
	check "collector $name" 1 "$(collector $name)"
done
send_some
counted links protocols sockets
check "complaints in the log" 0 "$(complaints .)"
check "its answers" 0 "$(alerts a '.alerts | length')"
stop_monitor a
check "exit status after SIGTERM" 0 "$stopped"

# --- sock_diag is refused ---------------------------------------------------------------
# As under a seccomp profile that knows no sock_diag.
: >"$work/monitor-a.log"
run_as=("${unprivileged[@]}" "$work/refuse" 4 --)
start_monitor a --interval 200ms
send_some
check "without sock_diag: collector links" 1 "$(collector links)"
check "without sock_diag: collector protocols" 1 "$(collector protocols)"
check "without sock_diag: collector sockets" 0 "$(collector sockets)"
check "without sock_diag: collector socket_events" 0 "$(collector socket_events)"
counted links protocols
settle a 10
check_between "without sock_diag: log lines that say so" 1 2 "$(complaints .)"
check "without sock_diag: samples that failed" 200 \
	"$(inside a curl -s -o "$work/out" -w '%{http_code}' http://127.0.0.1:9477/readyz)"
stop_monitor a

# --- rtnetlink is refused -------------------------------------------------------------
: >"$work/monitor-a.log"
run_as=("${unprivileged[@]}" "$work/refuse" 0 --)
start_monitor a --interval 200ms
send_some
check "without rtnetlink: collector links" 0 "$(collector links)"
check "without rtnetlink: collector protocols" 1 "$(collector protocols)"
check "without rtnetlink: collector sockets" 1 "$(collector sockets)"
counted protocols sockets
settle a 10
check "without rtnetlink: log lines that say so" 1 "$(complaints .)"
stop_monitor a

# --- all of netlink is refused -----------------------------------------------------------
: >"$work/monitor-a.log"
run_as=("${unprivileged[@]}" "$work/refuse" 0 4 --)
start_monitor a --interval 200ms
send_some
check "without netlink: collector protocols" 1 "$(collector protocols)"
counted protocols
stop_monitor a
finish
