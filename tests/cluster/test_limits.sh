#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Namespaces with LimitRanges and quotas: each pod that is created without the injector is
# created with it, and keeps its QoS class. Pods of all classes in all namespaces. Then nodes
# are drained of injected pods as of others.
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need_injector

# limits NAMESPACE KIND JSON: an object with that spec.
limits() {
	jq -n --arg kind "$2" --argjson spec "$3" \
		'{apiVersion: "v1", kind: $kind, metadata: {name: "all"}, spec: $spec}' |
		kubectl -n "dormouse-test-$1" create -f - >"$work/out"
}

# The spec of a LimitRange for each container, of one for the pod, and of a quota.
each() {
	echo "{\"limits\": [{\"type\": \"Container\", $1}]}"
}
whole() {
	echo "{\"limits\": [{\"type\": \"Pod\", $1}]}"
}
hard() {
	echo "{\"hard\": {$1}}"
}

spaces=(min max ratio default pod-max both requests limits used-up)
declare -A kinds=([requests]=ResourceQuota [limits]=ResourceQuota [used-up]=ResourceQuota)
declare -A specs=(
	[min]=$(each '"min": {"cpu": "50m", "memory": "32Mi"}')
	[max]=$(each '"max": {"cpu": "100m", "memory": "64Mi"}')
	[ratio]=$(each '"maxLimitRequestRatio": {"cpu": "2", "memory": "1"}')
	[default]=$(each '"default": {"cpu": "200m", "memory": "64Mi"}, "defaultRequest": {"cpu": "100m", "memory": "64Mi"}')
	[pod-max]=$(whole '"max": {"cpu": "100m", "memory": "64Mi"}')
	[both]=$(each '"min": {"cpu": "20m"}, "max": {"cpu": "40m"}, "maxLimitRequestRatio": {"cpu": "1"}')
	[requests]=$(hard '"requests.cpu": "1", "requests.memory": "1Gi"')
	[limits]=$(hard '"limits.cpu": "2", "limits.memory": "2Gi"')
	[used-up]=$(hard '"requests.cpu": "103m", "requests.memory": "1Gi"')
)

# Pods by what their container says.
pods=(guaranteed burstable bounded besteffort)
declare -A resources=(
	[guaranteed]='{"requests": {"cpu": "40m", "memory": "32Mi"}, "limits": {"cpu": "40m", "memory": "32Mi"}}'
	[burstable]='{"requests": {"cpu": "100m", "memory": "32Mi"}}'
	[bounded]='{"requests": {"cpu": "50m", "memory": "32Mi"}, "limits": {"cpu": "100m", "memory": "64Mi"}}'
	[besteffort]='{}'
)

# created SPACE POD WITH [OPTION...]: whether the API server takes it, WITH its sidecar (true) or
# opted out (false); its JSON in $work/pod.
created() {
	local space=dormouse-test-$1 pod=$2 with=$3
	shift 3
	app "$pod" '.metadata.name = $name | .spec.containers[0].image = $image |
		.metadata.labels["dormouse.dev/inject"] = "'"$with"'" |
		.spec.containers[0].resources = '"${resources[$pod]}" |
		kubectl -n "$space" create -o json "$@" -f - >"$work/pod" 2>"$work/said"
}

qos() {
	"$root/tests/manifests/qos.py" "$work/pod" | awk '{ print $NF }'
}

quota_is_counted() {
	[[ ${kinds[$1]:-} != ResourceQuota ||
		-n $(kubectl -n "dormouse-test-$1" get resourcequota all -o jsonpath='{.status.used}') ]]
}

# in_space SPACE: its pods, first without and then with the injector.
in_space() {
	local space=$1 pod taken=()
	declare -A class
	for pod in "${pods[@]}"; do
		created "$space" "$pod" false --dry-run=server || continue
		taken+=("$pod")
		class[$pod]=$(qos)
	done
	for pod in "${taken[@]}"; do
		# One at a time: what each takes of a quota is given back.
		check_that "$space: a $pod pod is created" wait_for "$pod" created "$space" "$pod" true
		check "$space: it is ${class[$pod]} as before" "${class[$pod]}" "$(qos)"
		if jq -e "$sidecar" "$work/pod" >/dev/null; then
			with_sidecar+=("$space/$pod")
		else
			without_sidecar+=("$space/$pod: $(cat "$work/said")")
		fi
		kubectl -n "dormouse-test-$space" delete pod "$pod" --grace-period=0 --force >/dev/null 2>&1
		[[ ${kinds[$space]:-} != ResourceQuota ]] || wait_for "the quota is free" quota_is_free "$space"
	done
}

quota_is_free() {
	kubectl -n "dormouse-test-$1" get resourcequota all -o json |
		jq -e '[.status.used[] | . == "0"] | all' >/dev/null
}

with_sidecar=() without_sidecar=()
for space in "${spaces[@]}"; do
	make_namespace "$space" dormouse.dev/injection=enabled
	limits "$space" "${kinds[$space]:-LimitRange}" "${specs[$space]}"
	wait_for "the quota of $space" quota_is_counted "$space"
	in_space "$space"
done
printf '%s\n' "${without_sidecar[@]}" | tee "$work/without"
check "pods left alone, as no size fits" 2 ${#without_sidecar[@]}
check_that "one whose limits are all that pods may have, as is told" \
	grep -q "pod-max/bounded.*LimitRange leaves 0m" "$work/without"
check_that "and one that leaves nothing of a quota" \
	grep -q "used-up/burstable.*ResourceQuota leaves 3m" "$work/without"
check_between "pods with their sidecar" 20 1000 ${#with_sidecar[@]}
check_between "counted as resource-quota" 1 1000000 \
	"$(injector_metric 'dormouse_injector_reviews_total{outcome="skipped",reason="resource-quota"}')"
for resource in namespaces limitranges resourcequotas; do
	check "replicas that follow $resource" 2 \
		"$(injector_metric "dormouse_injector_watch_synced{resource=\"$resource\"}")"
done

# A namespace's own word, which is followed at once.
make_namespace said dormouse.dev/injection=enabled
limits said ResourceQuota "$(hard '"requests.cpu": "102m"')"
wait_for "the quota" quota_is_counted said || true
created said burstable true --dry-run=server
check "without a word the pod is left alone" 1 "$(jq '.spec.containers | length' "$work/pod")"
kubectl annotate namespace dormouse-test-said dormouse.dev/resources=cpu=2m,memory=8Mi >/dev/null
said_is_followed() {
	created said burstable true --dry-run=server && jq -e "$sidecar | .resources.requests.cpu == \"2m\"" "$work/pod" >/dev/null
}
check_that "its annotation names a size that fits" wait_for "the annotation" said_is_followed

# --- drain ------------------------------------------------------------------------------
make_namespace drained dormouse.dev/injection=enabled
workload Deployment apps/v1 leaves '.spec.replicas = 1 | .spec.selector.matchLabels.app = $name' |
	kubectl -n dormouse-test-drained create -f - >"$work/out"
leaving() {
	kubectl -n dormouse-test-drained get pods -l app=leaves --field-selector status.phase=Running \
		-o jsonpath='{.items[*].metadata.name}'
}
one_runs() {
	[[ $(leaving | wc -w) == 1 ]]
}
wait_for "a pod to drain" one_runs
pod=$(leaving)
injected_and_ready dormouse-test-drained "$pod"
node=$(field dormouse-test-drained "$pod" .spec.nodeName)
drain=(kubectl drain "$node" --pod-selector=app=leaves)
check_that "drain --dry-run=server takes an injected pod" "${drain[@]}" --dry-run=server
cleanups+=("kubectl uncordon $node >/dev/null")
check_that "drain does" "${drain[@]}" --timeout=60s
kubectl uncordon "$node" >/dev/null
pod_is_gone() {
	! kubectl -n dormouse-test-drained get pod "$pod" >/dev/null 2>&1
}
check_that "it is gone" wait_for "$pod is gone" pod_is_gone
finish
