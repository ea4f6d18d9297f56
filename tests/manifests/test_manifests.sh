#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is under manifests/ is right: install.yaml is the base, rights and selectors are what
# they are said to be, every pod keeps to `restricted`, the examples and the policy add the very
# container that the injector adds, fit it to LimitRanges as it does, and warn and refuse as it
# would have. Where KUBECONFIG names a cluster, its API server is asked as well; nothing is left
# there.
set -u
cd "$(dirname "$0")" || exit 1
manifests=../../manifests
injector=${INJECTOR:-$PWD/../../build/dormouse-injector}
dormouse=${DORMOUSE:-$PWD/../../build/dormouse}
print_tables=${PRINT_TABLES:-$PWD/../../build/tests/serve/print_tables}

skip() {
	echo "skipped: $*"
	exit 77
}

python3 -c 'import yaml' 2>/dev/null || skip "needs python3-yaml"
[[ -x $injector && -x $dormouse ]] || skip "needs $injector and $dormouse: make"
[[ -x $print_tables ]] || skip "needs $print_tables: make tests"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

ok() { echo "ok      $*"; }
failed() {
	echo "FAILED  $*"
	status=1
}

# check NAME COMMAND...: the command succeeds; what it prints is shown when it does not.
check() {
	local name=$1
	shift
	if "$@" >"$work/out" 2>&1; then
		ok "$name"
	else
		failed "$name"
		sed 's/^/        /' "$work/out"
	fi
}

# render FOLDER: by whichever tool there is.
render() {
	if command -v kubectl >/dev/null; then
		kubectl kustomize "$1"
	else
		kustomize build "$1"
	fi
}

# --- what is checked by itself ---------------------------------------------------------
./restricted.py --self-test || status=1
./qos.py --self-test || status=1
./check_policy.py "$injector" $manifests/policy ../unit/injector/owners.json || status=1
./check_limits.py $manifests/policy ../cluster/pods || status=1
./check_annotations.py "$dormouse" "$injector" $manifests/policy || status=1
check "manifests and manual have every flag, signal, kind of alert and metric" \
	$manifests/tables.py --check "$print_tables"
./check_required.py "$injector" $manifests ../cluster/pods || status=1
./check_network.py $manifests || status=1
./check_flags.py "$dormouse" $manifests/README.md || status=1
./check_baseline.py "$dormouse" $manifests || status=1
./check_examples.py "$injector" $manifests/examples || status=1
for example in "$manifests"/examples/*.yaml; do
	check "examples/${example##*/} keeps to restricted" ./restricted.py "$example"
done
check "install.yaml keeps to restricted" ./restricted.py $manifests/install.yaml

echo '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"},
	"spec": {"containers": [{"name": "app", "image": "app:1"}]}}' >"$work/pod.json"
"$injector" inject --image-loaded <"$work/pod.json" >"$work/builtin.json"
"$injector" inject --image-loaded --template=$manifests/base/template.json <"$work/pod.json" >"$work/template.json"
check "base/template.json is the built-in template" cmp "$work/builtin.json" "$work/template.json"

# Images come without a registry: whoever installs has one, and says which.
version=$(sed -n 's/^VERSION = //p' ../../Makefile)
grep -rhoE '"?image"?: .*|^ *"dormouse:[^" ]*"' "$manifests" --include='*.yaml' --include='*.json' |
	sed -E 's/^ *("?image"?: *)?//; s/[",]//g' | sort -u >"$work/images"
printf '%s\n' "dormouse-injector:$version" "dormouse:$version" example-app:1 variables.image |
	sort >"$work/expected"
check "images have this version and no registry" diff "$work/expected" "$work/images"

# --- what is rendered ------------------------------------------------------------------
if command -v kubectl >/dev/null || command -v kustomize >/dev/null; then
	render $manifests/base >"$work/base.yaml" || failed "the base cannot be rendered"
	./check_install.py $manifests/install.yaml "$work/base.yaml" "$("$injector" serve --help)" ||
		status=1
fi
# Older ones know the base, but not the overlays' patches.
if render $manifests/policy >"$work/policy.yaml" 2>/dev/null &&
	render $manifests/required >"$work/required.yaml" 2>/dev/null &&
	render $manifests/overlays/cert-manager >"$work/cert-manager.yaml" 2>/dev/null; then
	check "overlays/cert-manager keeps to restricted" ./restricted.py "$work/cert-manager.yaml"
	check "overlays/cert-manager: no Secret of its own" \
		bash -c "! grep -E '^kind: (Secret|Role|RoleBinding)$' '$work/cert-manager.yaml'"
	check "overlays/cert-manager: no right to write" \
		bash -c "grep -q '^kind: ClusterRole$' '$work/cert-manager.yaml' &&
			! grep -E '^  - (create|update|patch|delete)$|mutatingwebhookconfigurations' '$work/cert-manager.yaml'"
	check "overlays/cert-manager: the CA is put into the webhook configuration" \
		grep -q 'cert-manager.io/inject-ca-from-secret: dormouse-system/dormouse-injector-tls' \
		"$work/cert-manager.yaml"
	for file in tls.crt tls.key; do
		check "overlays/cert-manager: the injector reads $file" \
			grep -q -- "=/etc/dormouse-tls/$file" "$work/cert-manager.yaml"
	done
	render $manifests/overlays/learn >"$work/learn.yaml" || failed "overlays/learn cannot be rendered"
	check "overlays/learn keeps to restricted" ./restricted.py "$work/learn.yaml"
	./check_learn.py "$injector" "$work/learn.yaml" $manifests/install.yaml "$work/policy.yaml" || status=1
	render $manifests/overlays/loaded-images >"$work/loaded.yaml" ||
		failed "overlays/loaded-images cannot be rendered"
	check "overlays/loaded-images is the base with --image-loaded" diff \
		<(sed 's/^\( *\)- --native-sidecar=auto$/&\n\1- --image-loaded/' "$work/base.yaml" | sort) \
		<(sort "$work/loaded.yaml")
	# rename FOLDER PREFIX SUFFIX NAMESPACE: what somebody's own overlay makes of it.
	rename() {
		mkdir -p "$work/renamed"
		{
			echo 'apiVersion: kustomize.config.k8s.io/v1beta1'
			echo 'kind: Kustomization'
			echo "resources: [$(realpath --relative-to="$work/renamed" "$manifests/$1")]"
			[[ -z $2 ]] || echo "namePrefix: $2"
			[[ -z $3 ]] || echo "nameSuffix: $3"
			[[ -z $4 ]] || echo "namespace: $4"
		} >"$work/renamed/kustomization.yaml"
		render "$work/renamed" >"$work/renamed.yaml" || failed "$1 cannot be renamed"
		./check_names.py "$1 as '$2'...'$3' in '$4'" "$work/renamed.yaml" "$2" "$3" "$4" || status=1
	}
	for folder in base policy required overlays/cert-manager overlays/loaded-images overlays/learn; do
		rename $folder "" "" ""
		rename $folder acme- "" ""
		rename $folder "" -eu1 ""
		rename $folder acme- -eu1 ""
	done
	rename base "" "" monitoring
	rename overlays/learn "" "" monitoring
	rename base acme- -eu1 monitoring
elif kubectl version --client 2>/dev/null | grep -q 'Kustomize Version: v5'; then
	failed "the overlays cannot be rendered"
fi

# --- what an API server says -----------------------------------------------------------
if [[ -n ${KUBECONFIG:-} ]] && kubectl --request-timeout=20s api-versions >"$work/versions" 2>"$work/out"; then
	minor=$(kubectl version -o json 2>/dev/null | sed -n '/serverVersion/,$ s/.*"minor": "\([0-9]*\).*/\1/p')
	for file in "$manifests"/install.yaml "$work"/{policy,required,learn}.yaml "$manifests"/examples/*.yaml \
		"$manifests"/network-policy/{addresses,konnectivity}.yaml; do
		[[ $file == */native-* ]] && ((minor < 29)) && continue
		[[ $file == */policy.yaml ]] && ((minor < 36)) && continue
		[[ $file == */required.yaml ]] && ((minor < 30)) && continue
		./step_back.py default "$file" <"$work/versions" >"$work/trial.json"
		check "the API server (1.$minor) would take ${file##*/}" \
			kubectl -n default apply --dry-run=server --validate=true -f "$work/trial.json"
	done
fi
exit $status
