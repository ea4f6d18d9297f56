#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The end-to-end test: installs Dormouse in the cluster that KUBECONFIG names, runs the tests
# of this folder there, and takes everything away again, also when it fails or is stopped.
#
#     tests/cluster/run.sh BUILD VERSION COMMIT [TEST...]
#
# IMAGE_LOAD: a command that brings an image into the cluster, given the archive's path, such
# as `kind load image-archive` or `ctr --namespace k8s.io images import`. Without it the images
# are supposed to be there, or where the cluster pulls them from.
#
# WEBHOOK_CLIENT_CA: the CA of the certificate that the API server shows to the injector, where it
# was given one; see test_clients.sh.
#
# Exit status 77: KUBECONFIG names no cluster that answers. Where Dormouse is installed
# already, nothing is done.
build=${1:-build} version=${2:-0.1.0} commit=${3:-unknown}
shift $(($# < 3 ? $# : 3))
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
cd "$root"
need_cluster

mark=dormouse.dev/installed-by
export MANIFEST=$work/install/install.yaml

# The installation, as this server takes it: see old/kustomization.yaml.
prepare_manifest() {
	mkdir "$work/install"
	# The images are there: see IMAGE_LOAD.
	sed 's/^\( *\)- --native-sidecar=auto$/&\n\1- --image-loaded/' manifests/install.yaml >"$MANIFEST"
	((minor < 21)) || return 0
	cp "$cluster"/old/*.yaml "$work/install"
	kubectl kustomize "$work/install" >"$work/install.yaml" 2>"$work/kustomize.log"
	mv "$work/install.yaml" "$MANIFEST"
}

uninstall() {
	kubectl delete namespace -l dormouse.dev/test=cluster --ignore-not-found --wait=false
	kubectl delete -f "$MANIFEST" --ignore-not-found
	kubectl delete namespace -l dormouse.dev/test=cluster --ignore-not-found
} >/dev/null 2>&1

load_images() {
	local archive
	tests/images.sh "$build" "$version" "$commit"
	for archive in "$build"/images/*.tar; do
		$IMAGE_LOAD "$archive" >"$work/load.log" 2>&1 || {
			cat "$work/load.log"
			echo "cluster: $IMAGE_LOAD $archive failed" >&2
			exit 1
		}
	done
}

# A server that a patch kills is told apart from an injector that does not answer.
survives_a_patch() {
	local before=$failures
	make_namespace probe dormouse.dev/injection=enabled
	app probe | kubectl -n dormouse-test-probe create --dry-run=server -f - >"$work/probe.log" 2>&1 || true
	kubectl get --raw /version >/dev/null 2>&1 || {
		echo "cluster: the API server has died of a webhook's patch: its reflect2 is older than 1.0.2" >&2
		exit 1
	}
	((failures == before))
}

prepare_manifest
if kubectl get namespace dormouse-system >/dev/null 2>&1; then
	[[ -n $(kubectl get namespace dormouse-system -o json |
		jq -r --arg mark $mark '.metadata.annotations[$mark] // ""') ]] || {
		echo "cluster: there is an installation already, which is none of a test's: left alone" >&2
		exit 1
	}
	uninstall
fi
[[ -z ${IMAGE_LOAD:-} ]] || load_images
echo "cluster: Kubernetes 1.$minor, $(kubectl config current-context)"

cleanups+=(uninstall)
kubectl apply -f "$MANIFEST" >"$work/apply.log"
kubectl annotate namespace dormouse-system $mark=tests/cluster >/dev/null
wait_for "the injector is ready" injector_ready || exit 1
survives_a_patch

tests=("$@")
((${#tests[@]} > 0)) || tests=(tests/cluster/test_{reconciler,install,injection,learn,limits,alert,pods,certificates,rollouts,crowd,clients,failure,uninstall}.sh)
TEST_TIMEOUT=${TEST_TIMEOUT:-900} TEST_PATIENCE=$patience tests/run.sh "$build" "${tests[@]}" &
pids+=("$!")
status=0
wait $! || status=$?
finished=1
exit "$status"
