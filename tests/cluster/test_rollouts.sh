#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs alone: two cores are few.
#
# What was learnt outlives the pod: a Deployment is rolled out twice. Before each time the CronJob
# of overlays/learn asks a real Prometheus, which has scraped the sidecars, what its pods did, and
# writes it down; the new pods are judged by that from their first minute.
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need_injector

space=dormouse-test-rollouts monitoring=dormouse-test-monitoring
make_namespace monitoring
make_namespace rollouts dormouse.dev/injection=enabled

# --- Prometheus -----------------------------------------------------------------------------
# Debian's knows no Kubernetes: it is told of each pod, with the labels that the manual's
# configuration gives it.
cat >"$work/prometheus.yml" <<-'END'
	global: {scrape_interval: 2s, scrape_timeout: 2s}
	scrape_configs:
	  - job_name: dormouse
	    file_sd_configs: [{files: [/data/targets.json]}]
END
kubectl -n $monitoring create configmap prometheus --from-file="$work/prometheus.yml" >/dev/null
kubectl apply -f "$cluster/prometheus.json" >"$work/out"
wait_for "Prometheus is ready" is_ready $monitoring prometheus
prometheus=$(kubectl -n $monitoring get service prometheus -o jsonpath='{.spec.clusterIP}')
# scrape POD...: these, and no others.
scrape() {
	for pod; do
		field $space "$pod" '{targets: ["\(.status.podIP):9477"], labels: {namespace: .metadata.namespace, pod: .metadata.name}}'
	done | jq -s . | kubectl -n $monitoring exec -i prometheus -- sh -c 'cat >/data/new && mv /data/new /data/targets.json'
}
# query EXPRESSION: the number of series.
query() {
	kubectl get --raw "/api/v1/namespaces/$monitoring/pods/prometheus:9090/proxy/api/v1/query?query=$1" |
		jq '.data.result | length'
}

# --- the CronJob, suspended until it is wanted ---------------------------------------------
kubectl kustomize "$root/manifests/overlays/learn" >"$work/learn.yaml" 2>"$work/kustomize.log" ||
	skip "this kubectl cannot render the overlay"
cleanups+=('kubectl delete -f "$work/learn.json" --ignore-not-found >/dev/null')
# Minutes are points enough of a life of days; this one has minutes. Every minute is a night. It is
# told the pods' --learn.
kubectl api-versions | "$root/tests/manifests/step_back.py" dormouse-system "$work/learn.yaml" |
	sed "s#http://prometheus.monitoring:9090#http://$prometheus:9090#" |
	jq '(.items[] | select(.kind == "CronJob").spec) |= (.schedule = "* * * * *" | .suspend = true |
		.jobTemplate.spec.template.spec.containers[0] |=
			(.args += ["--step=10s", "--days=1"] | .env += [{name: "DORMOUSE_LEARN", value: "1m"}]))' >"$work/learn.json"
kubectl apply -f "$work/learn.json" >"$work/out"

jobs() {
	kubectl -n dormouse-system get jobs -l app.kubernetes.io/name=dormouse-learn -o json
}
suspend() {
	kubectl -n dormouse-system patch cronjob dormouse-learn -p "{\"spec\": {\"suspend\": $1}}" >/dev/null
}
# ended COUNT: as many runs of the CronJob are over.
ended() {
	[[ $(jobs | jq '[.items[] | select(.status.succeeded == 1 or .status.failed == 1)] | length') -ge $1 ]]
}
last_run() {
	jobs | jq -r '.items | sort_by(.metadata.creationTimestamp)[-1].metadata.name'
}
# learn NAME: by hand, as the manual says.
learn() {
	kubectl -n dormouse-system get cronjob dormouse-learn -o json |
		jq --arg name "$1" '{apiVersion: "batch/v1", kind: "Job",
			metadata: {name: $name, labels: .spec.jobTemplate.metadata.labels}, spec: .spec.jobTemplate.spec}' |
		kubectl -n dormouse-system create -f - >"$work/out"
	cleanups+=("kubectl -n dormouse-system delete job $1 --ignore-not-found >/dev/null")
	wait_for "the learning $1" succeeded "$1"
}
succeeded() {
	[[ $(kubectl -n dormouse-system get job "$1" -o jsonpath='{.status.succeeded}') == 1 ]]
}

# --- the workload ----------------------------------------------------------------------------
run_pod $space sink '.metadata.labels["dormouse.dev/inject"] = "false"'
wait_for "the sink is ready" is_ready $space sink
sink=$(field $space sink .status.podIP)
deploy() { # NAME LEARN: its pods send 20 kB/s
	workload Deployment apps/v1 "$1" '.spec.replicas = 1 | .spec.selector.matchLabels = {app: .metadata.name} |
		.spec.template.metadata.annotations = {"dormouse.dev/interval": "1s", "dormouse.dev/learn": "'"$2"'"} |
		.spec.template.spec.containers[0].command =
			["/traffic", "stream", "'"$sink"'", "7001", "20000", "3000"]' |
		kubectl -n $space create -f - >"$work/out"
}
# pod_of NAME: its newest pod.
pod_of() {
	kubectl -n "$space" get pods -l app="$1" --sort-by=.metadata.creationTimestamp -o json |
		jq -r '[.items[] | select(.metadata.deletionTimestamp == null)][-1].metadata.name // ""'
}
# arrived NAME NOT: a new pod is ready.
arrived() {
	pod=$(pod_of "$1")
	[[ -n $pod && $pod != "${2:-}" ]] && is_ready "$space" "$pod"
}
# ask POD PATH JQ: what its sidecar says.
ask() {
	forward "$1" $space "$1" 9478
	curl -sf --max-time 10 "http://127.0.0.1:$forwarded/$2" | jq -r "$3"
}
source_of() {
	proxy $space "$1" 9477 metrics | sed -n 's/^dormouse_baseline_info{source="\(.*\)"} 1$/\1/p'
}
# upload POD BYTES, at once.
upload() {
	kubectl -n $space exec "$1" -c app -- /traffic connect "$sink" 7001 1 "$2" 1 >"$work/out"
}
# steal POD: 3 MB/s for a minute.
steal() {
	kubectl -n $space exec "$1" -c app -- /traffic stream "$sink" 7001 3000000 60 >"$work/out"
}
alerts_of() {
	proxy $space "$1" 9477 metrics |
		awk '/^dormouse_alerts_total\{/ { sum += $2 } END { print sum + 0 }'
}
raised() {
	(($(alerts_of "$1") > 0))
}
watched() {
	kubectl -n $space get configmap dormouse-baselines -o json |
		jq -r '.data["deployment.reports.json"] | fromjson | '"$1"
}

# --- the first generation: it lives, and uploads half a megabyte now and then -----------------
deploy reports 1m
wait_for "the first pod" arrived reports
first=$pod
check "its baseline" own "$(source_of "$first")"
scrape "$first"
scraped() {
	(($(query "dormouse_tcp_initiated_transmit_bytes_total%7Bpod=%22$first%22%7D") == 1))
}
wait_for "Prometheus scrapes it" scraped
# So long that its past counts: --learn, and half of it in which Prometheus and this come to it.
for ((i = 0; i < 9; i++)); do
	upload "$first" 500000
	sleep 10
done
check "alerts of its ordinary work" 0 "$(alerts_of "$first")"

kubectl -n $space create configmap dormouse-baselines --from-literal=notes='ask the owners first' >/dev/null
suspend false
wait_for "the CronJob's first run" ended 1
suspend true
job=$(last_run)
check_that "it succeeded" succeeded "$job"
kubectl -n dormouse-system logs "job/$job" >"$work/log" 2>&1
check "what it says of the workload" 1 "$(grep -c "$space/Deployment/reports " "$work/log")"
check "format of what was written" dormouse.dev/baseline/v1 "$(watched .format)"
check "whose it is, and of how many pods" "Deployment/reports 1" "$(watched '"\(.workload) \(.pods)"')"
check_between "seconds that were watched" 60 600 "$(watched .watchedSeconds)"
check "what stood beside it" 'ask the owners first' \
	"$(kubectl -n $space get configmap dormouse-baselines -o jsonpath='{.data.notes}')"

# --- the second generation: beside it a pod that nobody knows ----------------------------------
kubectl -n $space rollout restart deployment reports >/dev/null
# Its hour of learning is the default, so for minutes it knows nothing.
deploy stranger 1h
wait_for "the second pod" arrived reports "$first"
second=$pod
check "its baseline" workload "$(source_of "$second")"
kubectl -n $space logs "$second" -c dormouse >"$work/log"
check "its log says so" 1 "$(grep -c '"event": *"baseline-adopted"' "$work/log")"
wait_for "the stranger's pod" arrived stranger
stranger=$pod
check "the stranger's baseline" own "$(source_of "$stranger")"
for pod in "$second" "$stranger"; do
	upload "$pod" 500000
done
scrape "$second" "$stranger"
check "alerts for what the sibling did" 0 "$(alerts_of "$second")"
steal "$stranger" &
pids+=("$!")
steal "$second" &
pids+=("$!")
check_that "the theft from the second pod is told" wait_for "an alert" raised "$second"
check "and not yet the same from the stranger, which is young" 0 "$(alerts_of "$stranger")"
check_between "seconds from the pod's start to the alert" 0 240 "$(ask "$second" alerts '
	def at: .[0:19] + "Z" | fromdate;
	(.alerts[0].startsAt | at) - '"$(field $space "$second" '.status.startTime | fromdate')")"
wait

# --- the third -----------------------------------------------------------------------------------
learn dormouse-test-learn-2
check "of how many pods it is now" 2 "$(watched .pods)"
check_between "the most in a minute: the theft from the young pod is not in it" 1000000 10000000 \
	"$(watched '[.signals[] | select(.signal == "tx_bytes") | .greatest[1], .start[1]] | max')"
kubectl -n $space rollout restart deployment reports >/dev/null
wait_for "the third pod" arrived reports "$second"
third=$pod
check "its baseline" workload "$(source_of "$third")"
check "the stranger's workload, too" 1 "$(kubectl -n $space get configmap dormouse-baselines -o json |
	jq -r '.data["deployment.stranger.json"] // "{}" | fromjson | .pods')"
upload "$third" 500000
check "alerts for what its siblings did" 0 "$(alerts_of "$third")"
finish
