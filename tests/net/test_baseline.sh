#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What one pod has learnt, another knows from its first interval: by a document.
#
#     +--------- a ---------+               +--------- b ---------+
#     |  dormouse           |               |                     |
#     |  traffic       eth0 |---------------| eth0   sink         |
#     +---------------------+  10.77.1.0/24 |                     |
#     +--------- c ---------+               |                     |
#     |  dormouse           |               |                     |
#     |  traffic       eth0 |---------------| eth1                |
#     +---------------------+  10.77.2.0/24 +---------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need jq curl setpriv

make_space a b c
join a eth0 b eth0 1
join c eth0 b eth1 2
start_sink b 7000

run_as=("${unprivileged[@]}")
flags=(--interval 200ms --learn 5m --dormant-after 1m)
mkdir "$work/mount"
baseline=$work/mount/deployment.reports.json

# send FROM TO BYTES: one connection.
send() {
	inside "$1" "$work/traffic" connect "$2" 7000 1 "$3" 1 >"$work/out"
}
raised() {
	alerts "$1" '.alerts | length'
}
has_alert() {
	[[ $(raised "$1") -gt 0 ]]
}
source_is() {
	[[ $(metric "$1" "dormouse_baseline_info{source=\"$2\"}") == 1 ]]
}
events() {
	log_lines "$1" ".event == \"$2\""
}
event() {
	[[ $(events "$1" "$2") -ge $3 ]]
}

# --- the sibling: half a megabyte now and then --------------------------------------------
export DORMOUSE_WORKLOAD=Deployment/reports
start_monitor a "${flags[@]}"
check_that "it is judged by its own past" source_is a own
for ((i = 0; i < 28; i++)); do
	send a 10.77.1.2 500000
	settle a
	sleep 2
done
inside a "$work/dormouse" baseline >"$baseline"
check "whose past it is" "Deployment/reports" "$(jq -r .workload "$baseline")"
check "format" dormouse.dev/baseline/v1 "$(jq -r .format "$baseline")"
fetch a 9478/baseline >"$work/served"
check "the endpoint's document has the same members" "$(jq -c keys "$baseline")" "$(jq -c keys "$work/served")"
check_between "its greatest ten seconds" 500000 6000000 \
	"$(jq '.signals[] | select(.signal == "tcp_initiated_tx_bytes").greatest[0]' "$baseline")"
check_between "bytes of the document" 1000 12000 "$(stat -c %s "$baseline")"
check "where it sent" "10.77.1.2/32 7000" "$(jq -r '.peers[0] | "\(.prefix) \(.port)"' "$baseline")"
stop_monitor a

# --- a fresh pod with the sibling's past ---------------------------------------------------
long=(--interval 200ms --learn 1m --dormant-after 1m)
start_monitor c "${long[@]}" --baseline "$baseline"
settle c
check_that "it is judged by the workload's past" source_is c workload
check "the log says so" 1 "$(events c baseline-adopted)"
check "it is not learning" 0 "$(metric c 'dormouse_pod_state{state="learning"}')"
for ((i = 0; i < 3; i++)); do
	send c 10.77.2.2 500000
	settle c
done
check "alerts for what the sibling did" 0 "$(raised c)"
send c 10.77.2.2 80000000
wait_for "the theft in its first minute is told" has_alert c
check "how old the pod was: minutes" 0 \
	"$(alerts c '(.alerts[0].startsAt[0:19] + "Z" | fromdate) as $at | (now - $at) / 60 | floor')"
stop_monitor c

# --- the twin: without it the same pod is young --------------------------------------------
start_monitor c "${long[@]}"
settle c
check "it is learning" 1 "$(metric c 'dormouse_pod_state{state="learning"}')"
send c 10.77.2.2 80000000
settle c
sleep 1
check "alerts of a young pod" 0 "$(raised c)"
stop_monitor c

# --- a file that comes, changes and breaks -------------------------------------------------
cp "$baseline" "$work/good"
mv "$baseline" "$work/mount/away"
start_monitor c "${long[@]}" --baseline "$baseline"
settle c
check "a file that is not there is no error" 1 "$(events c baseline-absent)"
check_that "it learns from nothing" source_is c own
# As the kubelet does it: a folder is exchanged by a symbolic link.
mkdir "$work/mount/..1"
cp "$work/good" "$work/mount/..1/deployment.reports.json"
ln -s ..1 "$work/mount/..data"
ln -s ..data/deployment.reports.json "$baseline"
kill -HUP "${monitor_pid[c]}"
wait_for "SIGHUP: the file is read" source_is c workload
mkdir "$work/mount/..2"
sed 's/"pods":1/"pods":-1/' "$work/good" >"$work/mount/..2/deployment.reports.json"
ln -sfn ..2 "$work/mount/..data"
kill -HUP "${monitor_pid[c]}"
wait_for "a bad file is said" event c baseline-unusable 1
check_that "the member is named" grep -q 'pods: expected a number' "$work/monitor-c.log"
check_that "it goes on with the one before" source_is c workload
stop_monitor c

# --- documents on the command line ---------------------------------------------------------
"$work/dormouse" baseline merge "$work/good" "$work/good" >"$work/merged"
check "pods of the merged document" 2 "$(jq .pods "$work/merged")"
"$work/dormouse" baseline merge "$work/merged" >"$work/again"
check_that "the same bytes" cmp -s "$work/merged" "$work/again"
"$work/dormouse" baseline diff "$work/good" "$work/good" >"$work/out"
check "what differs between the same" "nothing differs by more than a tenth" "$(tail -n 1 "$work/out")"
"$work/dormouse" baseline show "$work/merged" >"$work/out"
check "columns of the table" 80 "$(awk '{ if (length > most) most = length } END { print (most > 80 ? most : 80) }' "$work/out")"
ended=0
"$work/dormouse" baseline show "$work/mount/..2/deployment.reports.json" >"$work/out" 2>&1 || ended=$?
check "exit status of a bad document" 1 $ended
ended=0
"$work/dormouse" baseline diff "$work/good" >"$work/out" 2>&1 || ended=$?
check "exit status of a missing file" 2 $ended
finish
