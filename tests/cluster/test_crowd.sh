#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs alone: it takes all the processors that it gets.
#
# Nobody on the pods' network switches injection off: four pods, two of them by IPv6, hold 300
# connections each at every port of every replica, and open another for each that is cut,
# while 100 pods are created and health is asked for without a pause.
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need_injector

space=dormouse-test-crowd
outside=dormouse-test-outside
make_namespace crowd dormouse.dev/injection=enabled
make_namespace outside
mapfile -t replicas < <(injector_pods)
check "replicas of the injector" 2 ${#replicas[@]}

# addresses FAMILY: of the replicas, one a line. A cluster that has no IPv6 for pods has link-local
# addresses all the same, which reach who is on the same link.
addresses() {
	kubectl -n dormouse-system get pods "${replicas[@]}" -o json | jq -r --arg family "$1" '.items[].status |
		[.podIPs[].ip | select(contains(":") == ($family == "6"))][0] //
		(if $family == "6" then "link-local/" + .podIP else .podIP end)'
}

# attacker NAME FAMILY: 300 connections to each port of each replica, for a minute.
attacker() {
	local targets
	targets=$(for address in $(addresses "$2"); do
		echo "$address 8443"
		echo "$address 8080"
	done | jq -Rn '[inputs | split(" ")]')
	run_pod $outside "$1" '.spec.restartPolicy = "Never" | .spec.containers = [.spec.containers[0] as $c |
		'"$targets"' | to_entries[] | $c + {name: "crowd-\(.key)",
			command: ["/traffic", "crowd", .value[0], .value[1], "300", "60"],
			resources: {}}]'
}

# crowds POD...: how many of their containers hold all their connections.
crowds() {
	local pod container
	for pod; do
		for container in 0 1 2 3; do
			kubectl -n $outside logs "$pod" -c crowd-$container 2>/dev/null || true
		done
	done | grep -c '^crowding'
}
all_crowd() {
	(($(crowds four-{1,2}) + $(crowds six-{1,2}) == 16))
}

# probe POD: its health, again and again, until $work/enough is there.
probe() {
	local late=0 all=0
	while [[ ! -e $work/enough ]]; do
		((all += 1))
		[[ $(curl -s --max-time 1 "$url/api/v1/namespaces/dormouse-system/pods/$1:8080/proxy/healthz") == ok* ]] ||
			((late += 1))
		sleep .2
	done
	echo "probes $all late $late" >"$work/probes-$1"
}

# Connections that were refused, or cut for others, by all replicas.
turned_away() {
	local pod
	for pod in "${replicas[@]}"; do
		proxy dormouse-system "$pod" 8080 metrics || true
	done | awk 'index($1, "dormouse_injector_connections_refused_total") == 1 ||
		index($1, "dormouse_injector_connections_cut_total") == 1 && /crowded/ { sum += $2 }
		END { print sum + 0 }'
}

restarts() {
	kubectl -n dormouse-system get pods -l app.kubernetes.io/name=dormouse-injector -o json |
		jq '[.items[].status.containerStatuses[].restartCount] | add'
}

kubectl proxy --port=0 --address=127.0.0.1 >"$work/proxy" 2>&1 &
pids+=("$!")
wait_for "kubectl proxy" grep -qs '^Starting to serve on' "$work/proxy"
url=http://$(sed -n 's/^Starting to serve on //p' "$work/proxy")
restarted=$(restarts)
turned_away=$(turned_away)

for pod in four-1 four-2; do attacker $pod 4; done
for pod in six-1 six-2; do attacker $pod 6; done
wait_for "the crowd is there" all_crowd || true
check "crowds by IPv4" 8 "$(crowds four-{1,2})"
check "crowds by IPv6" 8 "$(crowds six-{1,2})"

probers=()
for pod in "${replicas[@]}"; do
	probe "$pod" &
	probers+=("$!")
done
# Pods that no node takes: it is their creation that counts.
app victim '.spec.containers[0].image = $image | .spec.nodeSelector = {"dormouse.dev/none": ""}' |
	jq '{apiVersion: "v1", kind: "List", items: [. as $pod | range(100) |
		. as $i | $pod | .metadata.name = "victim-\($i)"]}' >"$work/victims.json"
began=$SECONDS
kubectl -n $space create -f "$work/victims.json" >"$work/created" 2>&1 || true
echo "100 pods were created in $((SECONDS - began)) s"
check "pods created while the crowd was there" 100 "$(grep -c ' created$' "$work/created")"
check "crowds that were there to the end" 4 "$(for pod in four-1 four-2 six-1 six-2; do
	field $outside $pod .status.phase
done | grep -c Running)"
check "of them, with a sidecar" 100 "$(kubectl -n $space get pods -o json |
	jq "[.items[] | select([$sidecar] | length == 1)] | length")"
# Ten probes at least.
sleep 5
touch "$work/enough"
wait "${probers[@]}" || true
for pod in "${replicas[@]}"; do
	cat "$work/probes-$pod"
	read -r _ all _ late <"$work/probes-$pod"
	check_between "probes of $pod" 10 100000 "$all"
	check "of them, failed or later than a second" 0 "$late"
done
check_between "connections turned away" 1 1000000000 $(($(turned_away) - turned_away))
check "restarts of the injector" "$restarted" "$(restarts)"
kubectl -n $outside delete pods --all --grace-period=1 --wait=false >"$work/out"
finish
