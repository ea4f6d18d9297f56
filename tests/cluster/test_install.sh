#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs alone: it restarts nothing, but what follows does.
#
# What `kubectl apply -f install.yaml` has made of the cluster.
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need_injector

# readiness POD: its first line; the next one says that --image-loaded was needed.
readiness() {
	proxy dormouse-system "$1" 8080 readyz | head -n 1
}
wait_for "the rollout" injector_ready
mapfile -t replicas < <(injector_pods)
check "replicas ready" 2 "${#replicas[@]}"
for replica in "${replicas[@]}"; do
	check "$replica has restarted" 0 \
		"$(field dormouse-system "$replica" '.status.containerStatuses[0].restartCount')"
	eventually "$replica, /readyz" ok readiness "$replica"
	proxy dormouse-system "$replica" 8080 metrics >"$work/metrics"
	check "$replica knows the server's version" "$minor" \
		"$(awk '$1 == "dormouse_injector_kubernetes_minor_version" { print $2 }' "$work/metrics")"
	check "$replica injects native sidecars" "$native" \
		"$(awk '$1 == "dormouse_injector_native_sidecar" { print $2 }' "$work/metrics")"
done

kubectl -n dormouse-system get pods -o json >"$work/pods.json"
check_that "its pods keep to the restricted profile" \
	"$root/tests/manifests/restricted.py" "$work/pods.json"

# Applied again, it changes nothing that the injector wrote.
written() {
	kubectl -n dormouse-system get secret dormouse-injector -o jsonpath='{.data}'
	kubectl get mutatingwebhookconfiguration dormouse-injector \
		-o jsonpath='{.webhooks[*].clientConfig.caBundle}'
}
if [[ -n ${MANIFEST:-} ]]; then
	before=$(written | sha256sum)
	check_that "applied again" kubectl apply -f "$MANIFEST" -o name >"$work/applied"
	check "the Secret and the CA after it are as before" "$before" \
		"$(written | sha256sum)"
	check "the generation of the Deployment" 1 "$(kubectl -n dormouse-system get \
		deployment dormouse-injector -o jsonpath='{.metadata.generation}')"
fi

# What it may do, it can; what it need not do, it may not.
account=system:serviceaccount:dormouse-system:dormouse-injector
may() {
	kubectl auth can-i --as "$account" "$@" 2>/dev/null || true
}
check "may read its Secret" yes "$(may get secrets/dormouse-injector -n dormouse-system)"
check "may update its Secret" yes "$(may update secrets/dormouse-injector -n dormouse-system)"
check "may patch its webhooks" yes \
	"$(may patch mutatingwebhookconfigurations.admissionregistration.k8s.io/dormouse-injector)"
check "may read other Secrets of its namespace" no "$(may get secrets/other -n dormouse-system)"
check "may list Secrets" no "$(may list secrets -n dormouse-system)"
check "may read Secrets elsewhere" no "$(may get secrets/dormouse-injector -n default)"
check "may read pods" no "$(may get pods --all-namespaces)"
check "may patch other webhooks" no \
	"$(may patch mutatingwebhookconfigurations.admissionregistration.k8s.io/other)"
finish
