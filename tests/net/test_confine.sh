#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the programs may still do once they have confined themselves, and what they may not:
# each attempt, linked with glibc and with musl; the layers of the real programs; and that they
# go on where the kernel or a container's runtime refuses a layer.
#
#     attempts, monitors, the injector and its API server  on 127.0.0.1 of [a], [b], [c]
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=injector.sh
source "$(dirname "$0")/injector.sh"
need curl jq python3
need_injector jq
[[ -x $TOOLS/attempts ]] || skip "needs $TOOLS/attempts: make tests"
make_space a b c

# Landlock may be missing in this kernel. The filter is missing only where a sanitizer, or what
# counts coverage, was built in; that the kernel takes it, tests/unit/confine looks at.
sum=$("$TOOLS/attempts" --layers)
echo "this machine: $sum"
[[ $sum == *seccomp* ]] || skip "these programs are built to go without the filter"
landlock=true
[[ $sum == *landlock* ]] || landlock=false

# --- attempts --------------------------------------------------------------------------
try_all() {
	local folder=$work/$1
	mkdir -p "$folder/left" "$folder/outside"
	echo there | tee "$folder/left/there" >"$folder/outside/there"
	ln -s "$folder/outside/there" "$folder/left/link"
	inside a "$2" "$folder/left" "$folder/outside" | sed -E "s/^(ok +|FAILED +|skipped: )/\1$1: /"
	check "$1: what is outside is as it was" there "$(ls "$folder/outside")"
}
try_all_counted() {
	local out=$work/attempts-$1.txt
	try_all "$@" >"$out" || true # it says what failed
	cat "$out"
	failures=$((failures + $(grep -c '^FAILED' "$out" || true)))
	check_between "$1: attempts that were made" 70 200 "$(grep -c '^ok' "$out")"
}
try_all_counted glibc "$TOOLS/attempts"
if [[ -x $root/build/static/tests/net/attempts ]]; then
	try_all_counted musl "$root/build/static/tests/net/attempts"
else
	echo "skipped: needs build/static/tests/net/attempts: make static-tools"
fi

# --- the monitor -----------------------------------------------------------------------
# status_of PID FIELD: of all its threads, each value once.
status_of() {
	cat "/proc/$1"/task/*/status | awk -v field="$2:" '$1 == field { print $2 }' | sort -u | paste -sd ' '
}
confined_lines() {
	log_lines "$1" '.event == "not-confined"'
}
all="confined by no_new_privs, landlock, seccomp"
$landlock || all="confined by no_new_privs, seccomp"

# look_at NAME: the monitor in b holds all layers.
look_at() {
	local pid=${monitor_pid[b]} comm
	comm=$(<"/proc/$pid/comm")
	check "$1: its name" dormouse "$comm"
	check "$1: it may get no privilege" 1 "$(status_of "$pid" NoNewPrivs)"
	check "$1: its system calls are filtered" 2 "$(status_of "$pid" Seccomp)"
	check "$1: dormouse_confined" "$($landlock && echo 1 || echo 0)" "$(metric b dormouse_confined)"
	check "$1: the start says so" 1 "$(log_lines b ".event == \"started\" and (.message | endswith(\"; $all\"))")"
	check "$1: warnings" "$($landlock && echo 0 || echo 1)" "$(confined_lines b)"
	settle b
	check "$1: no source fails" "" "$(metrics b | awk '/^dormouse_collector_success/ && $2 != 1')"
}
# run_one NAME PROGRAM: a monitor of its own life, as root and as in a pod.
run_one() {
	local user
	install -m 755 "$2" "$work/dormouse"
	for user in root 65532; do
		run_as=()
		[[ $user == root ]] || run_as=("${unprivileged[@]}")
		rm -f "$work"/monitor-b.log
		mkdir -p "$work/state-$1-$user"
		chown "$user" "$work/state-$1-$user"
		start_monitor b --interval 200ms --state "$work/state-$1-$user/file"
		look_at "$1 as $user"
		stop_monitor b
		check "$1 as $user: it ends well" 0 "$stopped"
		check_that "$1 as $user: it saved" test -s "$work/state-$1-$user/file"
	done
	run_as=()
}
run_one glibc "$DORMOUSE"
[[ ! -x $STATIC ]] || run_one musl "$STATIC"
install -m 755 "$DORMOUSE" "$work/dormouse"

# --- where a layer is refused ------------------------------------------------------------
install -m 755 "$TOOLS/attempts" "$work/attempts"
refused() {
	local call=$1 layers=$2 names=$3
	rm -f "$work/monitor-b.log"
	run_as=("$work/attempts" --without "$call")
	start_monitor b --interval 200ms
	run_as=()
	check "without $call: what holds" 1 \
		"$(log_lines b ".event == \"started\" and (.message | endswith(\"; $layers\"))")"
	check "without $call: what does not, and why" "$names" \
		"$(jq -r 'select(.event == "not-confined") | .message' "$work/monitor-b.log" | paste -sd ';')"
	check "without $call: dormouse_confined" 0 "$(metric b dormouse_confined)"
	settle b
	stop_monitor b
	check "without $call: it ends well" 0 "$stopped"
}
if $landlock; then
	refused seccomp "confined by no_new_privs, landlock" \
		"going on without seccomp: the filter: Operation not permitted"
	refused landlock "confined by no_new_privs, seccomp" \
		"going on without landlock: the kernel does not offer it: Operation not permitted"
	# As root, who may confine itself without it.
	refused prctl "confined by landlock, seccomp" "going on without no_new_privs: prctl: Operation not permitted"
fi

# --- the other commands ----------------------------------------------------------------
start_monitor b --interval 200ms
check_that "status asks a monitor" inside b "$work/dormouse" status --json >"$work/status.json"
check_that "record writes a trace" inside b "$work/dormouse" record --interval 100ms --duration 500ms \
	--out "$work/trace.csv"
check_that "replay judges it" "$work/dormouse" replay --summary --csv "$work/judged.csv" "$work/trace.csv" \
	>"$work/summary.txt"
check_that "replay judges standard input" "$work/dormouse" replay - <"$work/trace.csv"
check_between "lines that replay wrote" 2 20 "$(wc -l <"$work/judged.csv")"
stop_monitor b

# --- the injector ------------------------------------------------------------------------
# Its API server has a name that only a name server knows.
make_certificate api
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$work/api.key" \
	-out "$work/api.crt" -days 3 -subj /CN=api -addext subjectAltName=DNS:api.dormouse.test 2>/dev/null
echo token >"$work/token"
resolver=/etc/netns/$(space_name c)
mkdir -p "$resolver"
cleanups+=("rm -rf '$resolver'")
printf 'nameserver 127.0.0.1\noptions timeout:2 attempts:2\n' >"$resolver/resolv.conf"
start c api.log "$root/tests/net/api_server.py" "$work/api.crt" "$work/api.key" api.dormouse.test
wait_for "the API server listens" grep -qs ready "$work/api.log"

cp "$root/manifests/base/template.json" "$work/template.json"
start_injector c 8443 --template "$work/template.json" --api-server https://api.dormouse.test:6443 \
	--api-token-file "$work/token" --api-ca-file "$work/api.crt"
look_at_injector() {
	check "$1: it may get no privilege" 1 "$(status_of "$injector" NoNewPrivs)"
	check "$1: its system calls are filtered, in each thread" 2 "$(status_of "$injector" Seccomp)"
	check_between "$1: its threads" 2 32 "$(find "/proc/$injector/task" -mindepth 1 -maxdepth 1 | wc -l)"
	check "$1: dormouse_confined" "$($landlock && echo 1 || echo 0)" "$(measure c 8443 dormouse_confined)"
	check "$1: the start says so" 1 "$(jq -n "[inputs | select(.event == \"started\" and
		(.message | endswith(\"; $all\")))] | length" "$work/injector-8443.log")"
}
version() {
	measure c 8443 dormouse_injector_kubernetes_minor_version
}
eventually "the injector: it asked its API server" 31 version
check_that "the injector: by its name" grep -q "dns api.dormouse.test" "$work/api.log"
look_at_injector "the injector"
ask() {
	inside c curl -s --max-time 10 --cacert "$work/in-use.crt" -H 'Content-Type: application/json' \
		--data-binary @"$review" https://localhost:8443/inject | jq -r '.response.patchType'
}
check "the injector: it injects" JSONPatch "$(ask)"
make_certificate second
use_certificate second
injects() {
	[[ $(ask || true) == JSONPatch ]]
}
check_that "the injector: it takes another certificate" wait_for "another certificate" injects
echo '{"image": "registry.example/dormouse:0.1.0"}' >"$work/template.new"
mv "$work/template.new" "$work/template.json"
reloads() {
	measure c 8443 dormouse_injector_template_reloads_total
}
eventually "the injector: it takes another template" 1 reloads
stop "$injector"
check "the injector: it ends well" 0 "$stopped"
finish
