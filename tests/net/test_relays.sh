#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Real programs pass on a download, each in a pod of its own: each alert says proxy-relay.
# A web server, a backup and a download carry as much and are not called that.
#
#                +----- socat, haproxy, nginx, dante, -----+
#                |      microsocks, ssh, web, backup,      |
#                |               download                  |
#                |  dormouse   eth0                        |
#                +--------------|--------------------------+
#                  10.77.N.0/24 |
#     +---------- out ----------|---+            +-- behind --+
#     |  curl   paced.py      ethN  |            |  paced.py  |
#     +-------------------------|---+            +-----|------+
#                               |   +-- kernel --+     |
#                               +---| eth0  eth1 |-----+
#                                   +------------+
#
# The programs are unpacked by the Makefile, not installed; those that this machine's apt
# does not give are skipped.
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl python3

relays=${TOOLS%/tests/net}/tools/relays
machine=$(uname -m)
export LD_LIBRARY_PATH=$relays/usr/lib/$machine-linux-gnu:$relays/lib/$machine-linux-gnu
PATH=$PATH:$relays/usr/bin:$relays/usr/sbin

rate=500000 # bytes a second
seconds=45

proxies=()
for program in socat haproxy nginx danted microsocks sshd; do
	if command -v $program >/dev/null; then
		proxies+=("$program")
	else
		echo "skipped: there is no $program here"
	fi
done
twins=(web backup download)
pods=("${proxies[@]}" "${twins[@]}" kernel)

# --- the pods ---------------------------------------------------------------------------
make_space out behind "${pods[@]}"
number=0
declare -A net=()
for pod in "${pods[@]}"; do
	net[$pod]=$((++number))
	join "$pod" eth0 out "eth$number" $number
	start_monitor "$pod" --interval 1s --learn 15s --dormant-after 10s
done
join kernel eth1 behind eth0 99
inside kernel sysctl -qw net.ipv4.ip_forward=1
inside out ip route add 10.77.99.0/24 via "10.77.${net[kernel]}.1"
inside behind ip route add default via 10.77.99.1

cp "$root/tests/net/paced.py" "$work"
for space in out behind web; do
	start $space "paced-$space.log" "$work/paced.py" 8000 $rate $seconds
done
start_sink out 7000

# --- what relays ------------------------------------------------------------------------
# Each listens on port 7100: for anyone, or as a SOCKS proxy.
start_socat() {
	start socat socat.log socat TCP-LISTEN:7100,fork,reuseaddr "TCP:$1:8000"
}

start_haproxy() {
	cat >"$work/haproxy.cfg" <<-END
		defaults
		  mode tcp
		  timeout connect 10s
		  timeout client 60s
		  timeout server 60s
		listen relay
		  bind :7100
		  server data $1:8000
	END
	start haproxy haproxy.log haproxy -db -f "$work/haproxy.cfg"
}

start_nginx() {
	cat >"$work/nginx.conf" <<-END
		load_module $relays/usr/lib/nginx/modules/ngx_stream_module.so;
		daemon off;
		master_process off;
		pid $work/nginx.pid;
		events { }
		stream { server { listen 7100; proxy_pass $1:8000; } }
	END
	start nginx nginx.log nginx -e stderr -c "$work/nginx.conf"
}

start_danted() {
	cat >"$work/danted.conf" <<-END
		logoutput: stderr
		internal: eth0 port = 7100
		external: eth0
		clientmethod: none
		socksmethod: none
		user.privileged: root
		user.unprivileged: nobody
		client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
		socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
	END
	start danted danted.log danted -f "$work/danted.conf" -p "$work/danted.pid"
}

start_microsocks() {
	start microsocks microsocks.log microsocks -p 7100
}

# The pod connects to an SSH server outside and listens as a SOCKS proxy, which sends all
# to that server. The server needs a user sshd and /run/sshd: in its own mount namespace,
# which ip netns exec makes. Newer ones are several programs, found by their whole path.
start_sshd() {
	local part parts=
	for part in session auth; do
		[ ! -x "$relays/usr/lib/openssh/sshd-$part" ] ||
			parts+=" -o Sshd${part^}Path=\"$relays/usr/lib/openssh/sshd-$part\""
	done
	ssh-keygen -q -t ed25519 -N '' -f "$work/key"
	{
		cat /etc/passwd
		echo "sshd:x:65531:65534::/run/sshd:/usr/sbin/nologin"
	} >"$work/passwd"
	cat >"$work/sshd.sh" <<-END
		mount --bind "$work/passwd" /etc/passwd
		mount -t tmpfs none /run
		mkdir /run/sshd
		exec "$(command -v sshd)" -D -e -f /dev/null -p 7022 -h "$work/key" -o UsePAM=no \
			-o PidFile=none -o StrictModes=no -o PermitRootLogin=yes \
			-o AuthorizedKeysFile="$work/key.pub" $parts
	END
	start out sshd.log bash "$work/sshd.sh"
	wait_for "sshd listens" listens out 7022
	start sshd ssh.log ssh -F none -N -D 0.0.0.0:7100 -p 7022 -i "$work/key" \
		-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "root@$1"
}

for pod in "${proxies[@]}"; do
	"start_$pod" "10.77.${net[$pod]}.2"
	wait_for "$pod listens" listens "$pod" 7100
done
for space in out behind web; do
	wait_for "the web server in $space listens" listens $space 8000
done
for pod in "${pods[@]}"; do
	wait_for "$pod is dormant" metric_at_least "$pod" 'dormouse_pod_state{state="dormant"}' 1
	check "$pod, dormant: alerts" 0 "$(alerts "$pod" '.alerts | length')"
done

# --- what flows -------------------------------------------------------------------------
flows=()
# fetch_in SPACE URL [OPTION...]
fetch_in() {
	start "$1" "curl-$number.log" curl -sS -o /dev/null "${@:2}"
	flows+=("$started")
	((++number))
}

for pod in "${proxies[@]}"; do
	case $pod in
	danted | microsocks | sshd)
		fetch_in out "http://10.77.${net[$pod]}.2:8000/data" --socks5 "10.77.${net[$pod]}.1:7100"
		;;
	*)
		fetch_in out "http://10.77.${net[$pod]}.1:7100/data"
		;;
	esac
done
fetch_in out http://10.77.99.2:8000/data
fetch_in out "http://10.77.${net[web]}.1:8000/data"
fetch_in download "http://10.77.${net[download]}.2:8000/data"
start backup backup.log "$work/traffic" stream "10.77.${net[backup]}.2" 7000 $rate $seconds
flows+=("$started")

# --- what is said of it -----------------------------------------------------------------
for flow in "${flows[@]}"; do
	wait "$flow" || failed "a flow has failed"
done
for pod in "${pods[@]}"; do
	check "$pod: alerts as proxy-relay" "$([[ " ${twins[*]} " != *" $pod "* ]] && echo 1 || echo 0)" \
		"$(alerts "$pod" '[.alerts[] | select(.kind == "proxy-relay")] | length')"
	echo "summary: $(alerts "$pod" '.alerts[] | .summary')"
done
for pod in web backup; do
	check_that "$pod is told" has_alert "$pod" '.kind == "dormancy-break"'
done
finish
