#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs alone: it takes the injector away.
#
# `kubectl delete -f install.yaml` leaves nothing behind, and running pods alone.
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need_injector
[[ -n ${MANIFEST:-} ]] || skip "needs MANIFEST, to take away what it installed"

space=dormouse-test-after
make_namespace after dormouse.dev/injection=enabled
run_pod $space injected
injected_and_ready $space injected

check_that "kubectl delete" kubectl delete -f "$MANIFEST" --timeout=120s >"$work/out"
check "its namespace" "" "$(kubectl get namespace dormouse-system --ignore-not-found -o name)"
# Of every kind that there is, by name or by label.
kubectl api-resources --verbs=list -o name | grep -v '^events' | sort -u >"$work/kinds"
left=
while read -r kind; do
	left+=$(kubectl get "$kind" --all-namespaces --ignore-not-found -o json 2>/dev/null |
		jq -r '.items[] | select((.metadata.name | test("^dormouse-(injector|template|system)")) or
			.metadata.labels["app.kubernetes.io/part-of"] == "dormouse") |
			"\(.kind)/\(.metadata.name) "')
done <"$work/kinds"
check "left in the cluster, of $(wc -l <"$work/kinds") kinds" "" "$left"

check "the sidecar of a running pod" true "$(field $space injected "$sidecar_status | .ready")"
run_pod $space plain
check "containers of a new pod" app "$(field $space plain '[.spec.containers[].name] | join(" ")')"
check_that "it runs" wait_for "it is ready" is_ready $space plain
finish
