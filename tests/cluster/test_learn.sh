#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the account of overlays/learn may do: ConfigMaps of one name, and nothing else. The
# API server is asked, as that account.
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need_injector

space=dormouse-test-learn
make_namespace learn dormouse.dev/injection=enabled
kubectl kustomize "$root/manifests/overlays/learn" >"$work/learn.yaml" 2>"$work/kustomize.log" ||
	skip "this kubectl cannot render the overlay"

# Its account and its rights. Without the CronJob nothing runs.
kubectl api-versions | "$root/tests/manifests/step_back.py" dormouse-system "$work/learn.yaml" |
	jq '.items |= map(select(.kind != "CronJob"))' >"$work/rights.json"
cleanups+=('kubectl delete -f "$work/rights.json" --ignore-not-found >/dev/null')
kubectl apply -f "$work/rights.json" >"$work/out"

as_learn() {
	kubectl --as=system:serviceaccount:dormouse-system:dormouse-learn -n $space "$@" >"$work/said" 2>&1
}
refused() {
	! as_learn "$@" && grep -qi forbidden "$work/said"
}
# config_map NAME VALUE
config_map() {
	jq -n --arg name "$1" --arg value "$2" '{apiVersion: "v1", kind: "ConfigMap",
		metadata: {name: $name}, data: {"deployment.web.json": $value}}' >"$work/$1.json"
}
apply() {
	as_learn apply --server-side --force-conflicts --validate=false -f "$work/$1.json"
}
may_list() {
	as_learn get namespaces -l dormouse.dev/injection
}
# The rights are known to the API server's cache a moment later.
check_that "it lists namespaces" wait_for "its rights" may_list

config_map dormouse-baselines one
config_map dormouse-template one
check_that "no ConfigMap by POST" refused create -f "$work/dormouse-baselines.json"
check_that "none of another name by server-side apply" refused apply --server-side --validate=false \
	-f "$work/dormouse-template.json"
check_that "the baselines by server-side apply" apply dormouse-baselines
value() {
	kubectl -n $space get configmap dormouse-baselines -o jsonpath='{.data.deployment\.web\.json}'
}
check "what is in them" one "$(value)"
check_that "they are changed by a patch" as_learn patch configmap dormouse-baselines --type=merge \
	-p '{"data": {"deployment.web.json": "two"}}'
check "what is in them now" two "$(value)"
check_that "they are read" as_learn get configmap dormouse-baselines

for request in "delete configmap dormouse-baselines" "get configmaps" "get configmap kube-root-ca.crt" \
	"get secrets" "get pods" "create namespace dormouse-test-learnt" "delete namespace $space" \
	"patch configmap kube-root-ca.crt --type=merge -p {}"; do
	# shellcheck disable=SC2086
	check_that "refused: $request" refused $request
done
check "other verbs that it has on them" "" "$(
	for verb in delete update watch list; do
		as_learn auth can-i $verb configmaps/dormouse-baselines && echo $verb
	done
)"
finish
