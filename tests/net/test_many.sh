#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A thousand interfaces and twenty thousand connections, for a monitor that may open 24 files:
# what fits is counted, what does not is counted as such, and memory stays bounded.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse      eth0 |---------------| eth0   20,000       |
#     |  m0 ... m999        |  10.77.1.0/24 |        connections  |
#     +---------------------+               +---------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl

connections=20000 bytes=100

make_space a b
join a eth0 b eth0 1
# Each is the other end of the next: they need no namespace to lead to.
for ((i = 0; i < 1000; i += 2)); do
	echo "link add m$i type veth peer name m$((i + 1))"
done >"$work/links"
inside a ip -batch "$work/links"

# Holds a share of the connections, of which a process may have a few thousand, until its input
# ends.
cat >"$work/hold.py" <<'PYTHON'
import socket, sys
role, port, count, size = sys.argv[1], *(int(word) for word in sys.argv[2:])
kept = []
if role == "server":
    server = socket.create_server(("10.77.1.2", port), backlog=4096)
    print("ready", flush=True)
    while True:
        kept.append(server.accept()[0])
for number in range(count):
    link = socket.create_connection(("10.77.1.2", port))
    link.sendall(b"x" * size)
    kept.append(link)
print("connected", flush=True)
sys.stdin.read()
PYTHON
processes=8
for ((i = 0; i < processes; i++)); do
	start b "server-$i.log" prlimit --nofile=4000 python3 "$work/hold.py" server $((7001 + i)) 0 0
	wait_for "server $i listens" grep -qs ready "$work/server-$i.log"
done

run_as=(prlimit --nofile=32) # some may be inherited
# So often that ends are reported while the next dump misses others, and some dumps late.
start_monitor a --interval 100ms
run_as=()
settle a 2
check "interfaces that are watched" 1001 "$(metric a dormouse_interfaces_matched)"
before=$(awk '$1 == "VmRSS:" { print $2 }' "/proc/${monitor_pid[a]}/status")

mkfifo "$work/end"
clients=()
for ((i = 0; i < processes; i++)); do
	ip netns exec "$(space_name a)" prlimit --nofile=4000 python3 "$work/hold.py" client \
		$((7001 + i)) $((connections / processes)) $bytes <"$work/end" >"$work/held-$i" 2>&1 &
	clients+=("$!")
done
pids+=("${clients[@]}")
exec {end}>"$work/end"
all_held() {
	(($(cat "$work"/held-* | grep -c connected || true) == processes))
}
patience=120
wait_for "20,000 connections are held" all_held
settle a 20
eventually "connections opened" $connections metric a dormouse_tcp_connections_opened_total
check "bytes sent on them" $((connections * bytes)) \
	"$(metric a dormouse_tcp_initiated_transmit_bytes_total)"
after=$(awk '$1 == "VmRSS:" { print $2 }' "/proc/${monitor_pid[a]}/status")
# The tables' pages are touched when they fill, and only once.
check_between "KiB of memory that 20,000 connections add" 0 1024 $((after - before))
check_between "descriptors of the monitor" 1 32 \
	"$(find "/proc/${monitor_pid[a]}/fd" -mindepth 1 | wc -l)"

exec {end}>&-
wait "${clients[@]}" || true
settle a 20
check "bytes sent on them, after their end" $((connections * bytes)) \
	"$(metric a dormouse_tcp_initiated_transmit_bytes_total)"
check "connections opened, after their end" $connections \
	"$(metric a dormouse_tcp_connections_opened_total)"
check "collectors that fail" 0 "$(metrics a | grep -c '^dormouse_collector_success.* 0$' || true)"
stop_monitor a
check "exit status" 0 "$stopped"
finish
