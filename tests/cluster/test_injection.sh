#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs alone: it counts what the injector counts.
#
# A namespace is labelled, and what is created there runs with a sidecar beside it; what
# should be left alone is.
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need_injector

restricted=(pod-security.kubernetes.io/enforce=restricted pod-security.kubernetes.io/warn=restricted)
apps=dormouse-test-apps
make_namespace apps dormouse.dev/injection=enabled "${restricted[@]}"
make_namespace host dormouse.dev/injection=enabled
make_namespace quota dormouse.dev/injection=required "${restricted[@]}"
make_namespace elsewhere "${restricted[@]}"

skipped() {
	injector_metric "dormouse_injector_reviews_total{outcome=\"skipped\",reason=\"$1\"}"
}
before_job=$(skipped job-without-native-sidecar)
before_host=$(skipped host-network)

# --- everything is created ------------------------------------------------------------
kubectl -n dormouse-test-quota create -f - >"$work/out" <<'QUOTA'
apiVersion: v1
kind: ResourceQuota
metadata: {name: all}
spec: {hard: {requests.cpu: "1", requests.memory: 1Gi, limits.cpu: "1", limits.memory: 1Gi}}
QUOTA
quota_is_used() {
	[[ -n $(kubectl -n dormouse-test-quota get resourcequota all -o jsonpath='{.status.used}') ]]
}
wait_for "the quota" quota_is_used

workload Deployment apps/v1 web \
	'.spec.replicas = 2 | .spec.selector.matchLabels.app = $name' |
	kubectl -n $apps create -f - >"$work/out"
quickly='.spec.template.spec.restartPolicy = "Never" |
	.spec.template.spec.containers[0].command = ["/look", "look"]'
workload Job batch/v1 job "$quickly" | kubectl -n $apps create -f - >"$work/out"
cron=v1
((minor >= 21)) || cron=v1beta1
workload Job batch/v1 cron "$quickly" |
	jq --arg version batch/$cron '{apiVersion: $version, kind: "CronJob", metadata,
		spec: {schedule: "0 0 1 1 *", suspend: true, jobTemplate: {spec}}}' |
	kubectl -n $apps create -f - >"$work/out"
# As `kubectl create job --from=cronjob/cron` does.
kubectl -n $apps get cronjobs.$cron.batch cron -o json |
	jq '{apiVersion: "batch/v1", kind: "Job", spec: .spec.jobTemplate.spec, metadata: {
		name: "cron-now", annotations: {"cronjob.kubernetes.io/instantiate": "manual"},
		ownerReferences: [{apiVersion, kind, name: .metadata.name, uid: .metadata.uid,
			controller: true}]}}' |
	kubectl -n $apps create -f - >"$work/out"
run_pod $apps bare
run_pod $apps watched '.spec.shareProcessNamespace = true'
run_pod $apps opted-out '.metadata.labels["dormouse.dev/inject"] = "false"'
run_pod $apps tuned '.metadata.annotations = {"dormouse.dev/interval": "500ms",
	"dormouse.dev/log-format": "text", "dormouse.dev/profile": "busy"}'
run_pod $apps mistuned '.metadata.annotations = {"dormouse.dev/interval": "a while"}'
run_pod dormouse-test-quota counted
run_pod dormouse-test-host on-host '.spec.hostNetwork = true'
run_pod dormouse-test-elsewhere opted-in '.metadata.labels["dormouse.dev/inject"] = "true"'
run_pod dormouse-test-elsewhere unasked

# --- and runs -------------------------------------------------------------------------
web_pods() {
	kubectl -n $apps get pods -l app=web -o jsonpath='{.items[*].metadata.name}'
}
two_pods() {
	[[ $(web_pods | wc -w) == 2 ]]
}
wait_for "the Deployment's pods" two_pods
for pod in $(web_pods) bare watched tuned mistuned; do
	injected_and_ready $apps "$pod"
done
injected_and_ready dormouse-test-quota counted
injected_and_ready dormouse-test-elsewhere opted-in

containers='[(.spec.initContainers // [])[].name, .spec.containers[].name] | join(" ")'
injected_order="app dormouse"
((native)) && injected_order="dormouse app"
check "containers of bare" "$injected_order" "$(field $apps bare "$containers")"
check "containers of one that opted out" app "$(field $apps opted-out "$containers")"
check "containers of one in a namespace without label" app \
	"$(field dormouse-test-elsewhere unasked "$containers")"
check "containers of one on the host's network" app \
	"$(field dormouse-test-host on-host "$containers")"
check_between "counted as host-network" $((before_host + 1)) 1000000 "$(skipped host-network)"
check "kubectl exec goes to" app "$(field $apps bare \
	'.metadata.annotations["kubectl.kubernetes.io/default-container"]')"
variable() {
	field "$1" "$2" "$sidecar | .env[] | select(.name == \"$3\").value"
}
check "the workload of a Deployment's pod" Deployment/web \
	"$(variable $apps "$(web_pods | cut -d ' ' -f 1)" DORMOUSE_WORKLOAD)"
check "the workload of a bare pod" Pod/app "$(variable $apps bare DORMOUSE_WORKLOAD)"
check "QoS class of one that is Guaranteed without" Guaranteed "$(field $apps bare .status.qosClass)"

# --- without privilege ----------------------------------------------------------------
kubectl -n $apps exec watched -c app -- /look dormouse >"$work/look" || true
looked() {
	awk -v key="$1" '$1 == key { print $2 }' "$work/look"
}
check "the sidecar's user and group" "65532 65532" "$(looked Uid) $(looked Gid)"
check "its capabilities, to have and to get" "0000000000000000 0000000000000000" \
	"$(looked CapEff) $(looked CapBnd)"
check "no new privileges" 1 "$(looked NoNewPrivs)"
check "its seccomp mode" 2 "$(looked Seccomp)"
check "its root" ro "$(looked root)"
check "a token in it" none "$(looked token)"
kubectl get pods --all-namespaces -l dormouse.dev/test=cluster -o json |
	jq '.items |= map(select(.spec.hostNetwork | not))' >"$work/pods.json"
check_that "every pod keeps to the restricted profile" \
	"$root/tests/manifests/restricted.py" "$work/pods.json"

# --- annotations ----------------------------------------------------------------------
sidecar_metric() {
	proxy "$apps" "$1" 9477 metrics | awk -v name="$2" '$1 == name { print $2 }'
}
kubectl -n $apps logs tuned -c dormouse >"$work/tuned"
check_that "the interval of an annotation is taken" grep -q "a sample each 0.5s" "$work/tuned"
check_that "so is the format of the log" grep -q ' info started: ' "$work/tuned"
eventually "complaints about its variables" 0 sidecar_metric tuned dormouse_config_errors
check_that "kubectl warns of a bad annotation" \
	grep -q '^Warning: dormouse: .*a while.*dormouse.dev/interval' "$work/created-mistuned"
eventually "complaints of the sidecar about it" 1 sidecar_metric mistuned dormouse_config_errors

# --- Jobs -----------------------------------------------------------------------------
job_is_complete() {
	[[ $(kubectl -n "$apps" get job "$1" -o json | jq -r '.status.succeeded') == 1 ]]
}
for job in job cron-now; do
	check_that "$job completes" wait_for "$job is complete" job_is_complete "$job"
	expected="app"
	((native)) && expected="dormouse app"
	check "containers of $job's pod" "$expected" "$(kubectl -n $apps get pods -l job-name=$job \
		-o json | jq -r ".items[0] | $containers")"
done
if ((native)); then
	check "Jobs' pods left alone" "$before_job" "$(skipped job-without-native-sidecar)"
else
	check_between "Jobs' pods left alone, for job-without-native-sidecar" $((before_job + 2)) \
		1000000 "$(skipped job-without-native-sidecar)"
	kubectl -n dormouse-system logs -l app.kubernetes.io/name=dormouse-injector --tail=-1 >"$work/log"
	check_that "and the log says so" grep -q "$apps/job-.*job-without-native-sidecar" "$work/log"
fi
check "reviews that failed" 0 "$(injector_metric 'dormouse_injector_reviews_total{outcome="failed",reason=""}')"
finish
