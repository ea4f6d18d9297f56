# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2016
# lib.sh - what the tests on a cluster share. Sourced, never run.
#
# They use whichever cluster KUBECONFIG names, as whoever it says, through kubectl alone:
# nothing here supposes that the cluster's network is reached from this machine. Namespaces
# are called dormouse-test-... and removed when the test exits, however it exits.
# tests/cluster/run.sh installs the injector before them and takes it away behind them.
set -euo pipefail
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cluster=$root/tests/cluster
INJECTOR=${INJECTOR:-$root/build/dormouse-injector}
TEST_APP=${TEST_APP:-dormouse-test-app:1}
TEST_PATIENCE=${TEST_PATIENCE:-120}

# shellcheck source=../report.sh
source "$root/tests/report.sh"

work=$(mktemp -d "${TMPDIR:-/tmp}/dormouse-cluster.XXXXXX")
pids=() cleanups=() namespaces=()

# --- cleaning up -----------------------------------------------------------------------
cleanup() {
	local status=$? pid action
	trap - EXIT ERR
	set +e
	if [[ -z $finished || $failures -gt 0 ]]; then
		((status == 0)) && [[ -z $finished ]] && status=1
		tell_circumstances
	fi
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	for action in "${cleanups[@]}"; do
		eval "$action"
	done
	((${#namespaces[@]} == 0)) ||
		kubectl delete namespace --ignore-not-found --wait=false "${namespaces[@]}" >/dev/null
	rm -rf "$work"
	exit "$status"
}
trap cleanup EXIT
trap 'echo "${BASH_SOURCE[0]##*/} line $LINENO: \"$BASH_COMMAND\" failed" >&2' ERR
set -E
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# What whoever reads of a failure wants to know.
tell_circumstances() {
	local space
	for space in "${namespaces[@]}"; do
		echo "--- $space"
		kubectl -n "$space" get pods -o wide
		kubectl -n "$space" get events --field-selector type=Warning | tail -n 5
	done
	echo "--- the injector"
	kubectl -n dormouse-system get pods -o wide
	kubectl -n dormouse-system logs -l app.kubernetes.io/name=dormouse-injector \
		--prefix --tail=8 | cut -c1-400
} 2>&1

# --- what a test needs -----------------------------------------------------------------
minor="" native=""
need_cluster() {
	local tool
	[[ -n ${KUBECONFIG:-} ]] || skip "KUBECONFIG names no cluster"
	for tool in kubectl jq python3 curl; do
		command -v "$tool" >/dev/null || skip "needs $tool"
	done
	kubectl get --raw /version --request-timeout=10s >"$work/version" 2>/dev/null ||
		skip "the cluster of $KUBECONFIG does not answer"
	minor=$(jq -r '.minor | gsub("[^0-9]"; "")' "$work/version")
	native=$((minor >= 29))
}

# The injector is there, and so are its webhooks' certificates.
need_injector() {
	need_cluster
	[[ -n $(kubectl get mutatingwebhookconfiguration dormouse-injector --ignore-not-found \
		-o jsonpath='{.webhooks[0].clientConfig.caBundle}') ]] ||
		skip "the injector is not installed: tests/cluster/run.sh does it"
}

# --- namespaces ------------------------------------------------------------------------
# make_namespace NAME [LABEL=VALUE...]: dormouse-test-NAME, in which pods can be created.
make_namespace() {
	local name=dormouse-test-$1
	shift
	kubectl delete namespace "$name" --ignore-not-found >/dev/null
	namespaces+=("$name")
	kubectl create namespace "$name" >/dev/null
	kubectl label namespace "$name" dormouse.dev/test=cluster "$@" >/dev/null
	# Both come from controllers, a moment later; pods are refused without.
	wait_for "the service account of $name" \
		has kubectl -n "$name" get serviceaccount default
	((minor >= 24)) || wait_for "its token" has_token "$name"
}

has() {
	"$@" >/dev/null 2>&1
}

has_token() {
	[[ -n $(kubectl -n "$1" get serviceaccount default -o jsonpath='{.secrets[0].name}') ]]
}

# --- pods ------------------------------------------------------------------------------
# app NAME [JQ]: a pod that keeps to the restricted profile, as jq changes it.
app() {
	jq --arg name "$1" --arg image "$TEST_APP" "${2:-.}" "$cluster/app.json"
}

# run_pod NAMESPACE NAME [JQ]
run_pod() {
	app "$2" '.metadata.name = $name | .spec.containers[0].image = $image |
		'"${3:-.}" | kubectl -n "$1" create -f - >"$work/created-$2" 2>&1 || {
		failed "creating $2: $(tail -n 1 "$work/created-$2")"
		return 1
	}
}

# workload KIND API NAME [JQ]: of such pods.
workload() {
	app "$3" '.spec.containers[0].image = $image | .metadata.labels.app = $name |
		{apiVersion: "'"$2"'", kind: "'"$1"'", metadata: {name: $name},
		 spec: {template: {metadata, spec}}} | '"${4:-.}"
}

# field NAMESPACE POD JQ: of the pod.
field() {
	kubectl -n "$1" get pod "$2" -o json | jq -r "$3"
}

# The container that is ours, wherever it is; with its status.
sidecar='(.spec.initContainers // []) + .spec.containers | .[] | select(.name == "dormouse")'
sidecar_status='(.status.initContainerStatuses // []) + (.status.containerStatuses // []) |
	.[] | select(.name == "dormouse")'

is_ready() {
	[[ $(field "$1" "$2" '.status.conditions // [] | .[] | select(.type == "Ready").status') == True ]]
}

# injected_and_ready NAMESPACE POD: with a sidecar that runs.
injected_and_ready() {
	wait_for "$2 is ready" is_ready "$1" "$2" || return 0
	check "$2's sidecar is ready, restarted" "true, 0" \
		"$(field "$1" "$2" "$sidecar_status | \"\\(.ready), \\(.restartCount)\"")"
}

# phase_is NAMESPACE POD PHASE
phase_is() {
	[[ $(field "$1" "$2" .status.phase) == "$3" ]]
}

# --- the injector ----------------------------------------------------------------------
injector_pods() {
	kubectl -n dormouse-system get pods -l app.kubernetes.io/name=dormouse-injector \
		--field-selector status.phase=Running -o json |
		jq -r '.items[] | select(.metadata.deletionTimestamp == null).metadata.name'
}

# injector_ready [REPLICAS]: the rollout is over and the replicas' certificates are in use.
injector_ready() {
	local want=${1:-2}
	kubectl -n dormouse-system get deployment dormouse-injector -o json | jq -e --argjson want "$want" \
		'.status.observedGeneration == .metadata.generation and .status.readyReplicas == $want and
		 .status.updatedReplicas == $want and .status.replicas == $want' >/dev/null
}

injector_gone() {
	[[ -z $(kubectl -n dormouse-system get pods -l app.kubernetes.io/name=dormouse-injector \
		-o name) ]]
}

# injects NAMESPACE: what is created there is injected. After a change of the injector, the API
# server and kube-proxy know of it a little later.
injects() {
	app probe '.metadata.name = $name' |
		kubectl -n "$1" create --dry-run=server -o json -f - | jq -e "$sidecar" >/dev/null
}

# proxy NAMESPACE POD PORT PATH: a page of a pod, by the API server.
proxy() {
	kubectl get --raw "/api/v1/namespaces/$1/pods/$2:$3/proxy/$4"
}

# injector_metric 'NAME{LABELS}': the sum over all replicas.
injector_metric() {
	local pod
	for pod in $(injector_pods); do
		proxy dormouse-system "$pod" 8080 metrics || true
	done | awk -v name="$1" '$1 == name { sum += $2 } END { print sum + 0 }'
}

# forward NAME NAMESPACE POD PORT: its port on this machine's loopback, in $forwarded.
forward() {
	local log=$work/forward-$1.log
	kubectl -n "$2" port-forward "pod/$3" ":$4" --address 127.0.0.1 >"$log" 2>&1 </dev/null &
	pids+=("$!")
	wait_for "port-forward to $3" grep -qs '^Forwarding from 127' "$log" || exit 1
	forwarded=$(sed -n 's/^Forwarding from 127.0.0.1:\([0-9]*\) .*/\1/p' "$log")
}
