#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The hand-written pod of manifests/examples, run by podman: the sidecar has no privilege,
# reports the app's traffic, and tells its container apart.
#
#     +--------------------- host ----------------------+
#     |   +----------- pod -----------+                 |
#     |   |  app: sink, traffic       |    podman's     |
#     |   |  dormouse            eth0 |-----bridge      |
#     |   +---------------------------+                 |
#     |   sink    curl                                  |
#     +-------------------------------------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
[[ -x $STATIC ]] || skip "needs $STATIC: make static"
need jq curl podman runc nsenter

make_space host
start_sink host 7000

# Storage, settings and network of its own: whatever else podman runs here is left alone.
cat >"$work/containers.conf" <<'CONF'
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
CONF
export CONTAINERS_CONF=$work/containers.conf
pod=(nsenter "--net=/run/netns/$(space_name host)" podman --root "$work/storage"
	--runroot "$work/run" --network-config-dir "$work/networks")
cleanups+=('"${pod[@]}" pod rm --all --force >/dev/null 2>&1')
cleanups+=('"${pod[@]}" volume rm --all --force >/dev/null 2>&1')
cleanups+=('"${pod[@]}" rmi --all --force >/dev/null 2>&1')
cleanups+=('umount "$work/storage/overlay" 2>/dev/null')

# --- the images -----------------------------------------------------------------------
compiler=
for candidate in "$root/build/static/deps/cc" "${CC:-gcc}"; do
	command -v "$candidate" >/dev/null && compiler=$candidate && break
done
[[ -n $compiler ]] || skip "needs a compiler for a static app"
mkdir -p "$work/app" "$work/sidecar" "$work/play"
for tool in sink traffic; do
	"$compiler" -static -O2 -D_GNU_SOURCE -o "$work/app/$tool" "$root/tests/net/$tool.c"
done
cat >"$work/app/Dockerfile" <<'DOCKERFILE'
FROM scratch
COPY sink traffic /
ENTRYPOINT ["/sink", "7001", "30000"]
DOCKERFILE
# The last stage of the sidecar's image, around the binary that was built here.
install -m 755 "$STATIC" "$work/sidecar/dormouse"
cp -r "${STATIC%/*}/licenses" "$work/sidecar"
sed -n '/ AS sidecar$/,/^$/p' "$root/Dockerfile" |
	sed 's#^COPY --from=[^ ]* [^ ]*/#COPY #' >"$work/sidecar/Dockerfile"
"${pod[@]}" build -q --isolation=chroot -t localhost/example-app:1 "$work/app" >"$work/out" 2>&1 ||
	skip "podman cannot build here: $(tail -n 1 "$work/out")"
"${pod[@]}" build -q --isolation=chroot -t localhost/dormouse:0.1.0 \
	"$work/sidecar" >"$work/out" 2>&1 ||
	failed "the sidecar's image cannot be built: $(tail -n 1 "$work/out")"
check_between "bytes of the sidecar's image" 10000 $((512 * 1024)) \
	"$("${pod[@]}" image inspect -f '{{.Size}}' localhost/dormouse:0.1.0)"

# --- the pod --------------------------------------------------------------------------
# Podman refuses a pod that asks for its namespace, its node or an annotation: these variables
# are left out. It knows no downwardAPI volume either, and mounts no token that one would have to
# hide: in its place stands what `"stateVolume": true` adds. Nothing else is changed.
sed -Ez -e 's/ +- \{name: [A-Z_]+, valueFrom: [^\n]*fieldPath: (metadata\.namespace|spec\.nodeName)[^\n]*\n//g' \
	-e 's/ +- name: [A-Z_]+\n +valueFrom: [^\n]*metadata\.annotations[^\n]*\n//g' \
	-e 's/args: \[run\]/args: [run, --state=\/var\/lib\/dormouse\/state]/' \
	-e 's/name: dormouse-empty\n( +)mountPath: [^\n]*\n +readOnly: true/name: dormouse-state\n\1mountPath: \/var\/lib\/dormouse/' \
	-e 's/name: dormouse-empty\n( +)downwardAPI: /name: dormouse-state\n\1emptyDir: /' \
	"$root/manifests/examples/manual-sidecar.yaml" >"$work/play/manual-sidecar.yaml"
(cd "$work/play" && "${pod[@]}" kube play manual-sidecar.yaml) >"$work/play.log" 2>&1 || {
	failed "podman kube play"
	exit 1
}
container() {
	"${pod[@]}" inspect -f "{{.State.$2}}" "app-with-dormouse-$1"
}
check "the app" running "$(container app Status)"
check "the sidecar" running "$(container dormouse Status)"
sidecar=$(container dormouse Pid)

ip netns attach "$(space_name pod)" "$sidecar"
spaces+=(pod)
ready() {
	[[ $(inside pod curl -so "$work/out" -w '%{http_code}' http://127.0.0.1:9477/readyz) == 200 ]]
}
wait_for "the sidecar is ready" ready || {
	"${pod[@]}" logs app-with-dormouse-dormouse
	exit 1
}

field() {
	awk -v field="$1:" '$1 == field { print $2 }' "/proc/$sidecar/status"
}
check "the sidecar's user" 65532 "$(field Uid)"
check "its capabilities" 0000000000000000 "$(field CapBnd)"
check "no new privileges" 1 "$(field NoNewPrivs)"
check "its system calls are filtered" 2 "$(field Seccomp)"
check "by the runtime's filter and its own" 2 "$(field Seccomp_filters)"
check "its root is read-only" ro "$(awk '$5 == "/" { print substr($6, 1, 2) }' \
	"/proc/$sidecar/mountinfo")"
check_between "resident, KiB" 50 1024 "$(field VmRSS)"
for name in links protocols sockets socket_events; do
	check "collector $name" 1 "$(metric pod "dormouse_collector_success{collector=\"$name\"}")"
done
all=1
[[ $("$TOOLS/attempts" --layers) == *landlock* ]] || all=0 # this kernel lacks a layer
check "it has confined itself" $all "$(metric pod dormouse_confined)"
check "its pod's name in /alerts" app-with-dormouse "$(alerts pod .pod.name)"

# --- traffic of the app --------------------------------------------------------------
# A connection that lasts over two samples: the owner of a connection is known when a
# sample sees it alive.
gateway=$("${pod[@]}" inspect -f '{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}' \
	"$("${pod[@]}" pod inspect -f '{{.InfraContainerID}}' app-with-dormouse)")
"${pod[@]}" exec app-with-dormouse-app /traffic stream "$gateway" 7000 200000 21 >"$work/stream"
read -r _ _ sent _ < <(tail -n 1 "$work/stream")
total=$sent
# And some short ones, whose owner nobody can know, but whose bytes are known.
"${pod[@]}" exec app-with-dormouse-app /traffic connect "$gateway" 7000 100 1000 10 >"$work/out"
total=$((total + 100 * 1000))
eventually "connections opened" 101 metric pod dormouse_tcp_connections_opened_total
eventually "TCP bytes sent on them" "$total" \
	metric pod dormouse_tcp_initiated_transmit_bytes_total

app=$(container app Pid)
hierarchy=/sys/fs/cgroup
[[ -e $hierarchy/unified/cgroup.procs ]] && hierarchy+=/unified
id=$(stat -c %i "$hierarchy$(sed -n 's/^0:://p' "/proc/$app/cgroup")")
found=$(metric pod "dormouse_container_tcp_transmit_bytes_total{container=\"cgroup-$id\"}")
check_between "TCP bytes of the app's container, cgroup-$id" "$sent" "$total" "$found"
check "TCP bytes of the sidecar's container" 0 "$(metric pod \
	'dormouse_container_tcp_transmit_bytes_total{container="dormouse"}' | grep . || echo 0)"
metrics pod | grep ^dormouse_container_tcp
check_that "the app's link is counted" wait_for "its bytes" metric_at_least pod \
	'dormouse_network_transmit_bytes_total{device="eth0"}' "$total"

# --- and its end ---------------------------------------------------------------------
"${pod[@]}" stop -t 10 app-with-dormouse-dormouse >"$work/out" 2>&1 || true
check "the sidecar's exit status" 0 "$(container dormouse ExitCode)"
volume=$("${pod[@]}" volume inspect -f '{{.Mountpoint}}' dormouse-state)
check_between "bytes of the state that it left" 100 $((480 * 1024)) \
	"$(stat -c %s "$volume/state")"
finish
