#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `dormouse-injector inject`: what people pipe through it, and what they get.
. "$(dirname "$0")/lib.sh"
INJECTOR=${INJECTOR:-$root/build/dormouse-injector}
for tool in jq python3; do
	command -v $tool >/dev/null || skip "needs $tool"
done
[[ -x $INJECTOR ]] || skip "needs $INJECTOR: make"

# inject [FLAG...]: standard input to $work/out, standard error to $work/err; the exit
# status is in $status.
inject() {
	status=0
	"$INJECTOR" inject "$@" >"$work/out" 2>"$work/err" || status=$?
}

out() {
	jq -r "$1" "$work/out"
}

# The image's name is the shipped one, and nothing is to be said of that but where it is tested.
export DORMOUSE_IMAGE_LOADED=true

# refused NAME STATUS LINE [FLAG...]: standard input is refused with one line.
refused() {
	local name=$1 expected=$2 line=$3
	shift 3
	inject "$@"
	check "$name: exit status" "$expected" "$status"
	check "$name: the line" "$line" "$(cut -c1-${#line} "$work/err")"
	check "$name: one line" 1 "$(wc -l <"$work/err")"
	check "$name: nothing is printed" 0 "$(wc -c <"$work/out")"
}

cat >"$work/deployment.json" <<'JSON'
{"apiVersion": "apps/v1", "kind": "Deployment",
 "metadata": {"name": "web", "namespace": "shop", "annotations": {"big": "9007199254740993"}},
 "spec": {"replicas": 2, "progressDeadlineSeconds": 600, "minReadySeconds": 4294967295,
  "template": {"metadata": {"labels": {"app": "web"}, "annotations": {"a/b": "<&>\u00e9"}},
   "spec": {"volumes": [{"name": "data", "emptyDir": {}}],
    "initContainers": [{"name": "setup", "image": "setup:1"}],
    "containers": [{"name": "web", "image": "web:1", "weight": 0.30000000000000004}]}}}}
JSON

# --- a Deployment ----------------------------------------------------------------------
inject <"$work/deployment.json"
cp "$work/out" "$work/first"
check "a Deployment: exit status" 0 "$status"
check "a Deployment: nothing is said" "" "$(cat "$work/err")"
check "the sidecar is the first init container" "dormouse setup" \
	"$(out '[.spec.template.spec.initContainers[].name] | join(" ")')"
check "and native" Always "$(out '.spec.template.spec.initContainers[0].restartPolicy')"
check "containers stay" web "$(out '[.spec.template.spec.containers[].name] | join(" ")')"
check "kubectl goes to the application" web \
	"$(out '.spec.template.metadata.annotations["kubectl.kubernetes.io/default-container"]')"
check "members keep their order" "apiVersion kind metadata spec" "$(out 'keys_unsorted | join(" ")')"
check "nothing else is changed" "$(jq -cS . "$work/deployment.json")" "$(jq -cS '
	.spec.template |= (del(.metadata.annotations["kubectl.kubernetes.io/default-container"])
	| del(.spec.initContainers[0]) | del(.spec.volumes[1, 2]))' "$work/out")"
check "the sidecar knows its workload" Deployment/web "$(out '.spec.template.spec.initContainers[0].env[]
	| select(.name == "DORMOUSE_WORKLOAD").value')"
check "and reads that one's key" "/etc/dormouse/baselines/deployment.web.json deployment.web.json" \
	"$(out '.spec.template.spec | [(.initContainers[0].env[] | select(.name == "DORMOUSE_BASELINE").value),
		.volumes[2].configMap.items[].key] | join(" ")')"
check "large whole numbers as they were" 1 "$(grep -c '"minReadySeconds": 4294967295,' "$work/out")"
check "fractions as they were" 1 "$(grep -c '"weight": 0.30000000000000004$' "$work/out")"

inject <"$work/deployment.json"
check_that "the same input, the same bytes" cmp "$work/first" "$work/out"
inject <"$work/first"
check_that "fed again, the same bytes" cmp "$work/first" "$work/out"
check "and it says so" "Deployment/web left alone: already-injected" "$(cat "$work/err")"

jq -c . "$work/deployment.json" >"$work/compact"
inject <"$work/compact"
check_that "blanks do not matter" cmp "$work/first" "$work/out"

# Neither a double nor a C string holds these.
jq -c '.spec.template.spec.containers[0].exact = "@"' "$work/deployment.json" |
	sed 's/"@"/[9223372036854775807,-1e999,0.10000000000000000000001,"a\\u0000b",{"\\ud800":"\\u0000"}]/' \
	>"$work/exact.json"
inject <"$work/exact.json"
check "what is not read: exit status" 0 "$status"
check "what is not read: as it was" "$(sed 's/.*"exact":\(\[[^]]*\]\).*/\1/' "$work/exact.json")" \
	"$(tr -d ' \n' <"$work/out" | sed 's/.*"exact":\(\[[^]]*\]\).*/\1/')"

# --- flags -----------------------------------------------------------------------------
inject --native-sidecar no <"$work/deployment.json"
check "--native-sidecar no: the last container" "web dormouse" \
	"$(out '[.spec.template.spec.containers[].name] | join(" ")')"
check "--native-sidecar no: no restartPolicy" null \
	"$(out '.spec.template.spec.containers[1].restartPolicy')"
inject --native-sidecar=yes <"$work/deployment.json"
check_that "--native-sidecar yes is the default" cmp "$work/first" "$work/out"
DORMOUSE_NATIVE_SIDECAR=no inject <"$work/deployment.json"
check "the variable does, too" dormouse "$(out '.spec.template.spec.containers[1].name')"

echo '{"image": "registry.example/dormouse:7", "flags": {"interval": "30s"}}' >"$work/template.json"
inject --template "$work/template.json" <"$work/deployment.json"
check "--template: its image" registry.example/dormouse:7 \
	"$(out '.spec.template.spec.initContainers[0].image')"
check "--template: its flags" 30s "$(out '.spec.template.spec.initContainers[0].env[]
	| select(.name == "DORMOUSE_DEFAULT_INTERVAL").value')"
inject --template "$root/manifests/base/template.json" <"$work/deployment.json"
check_that "the shipped template is the built-in one" cmp "$work/first" "$work/out"

# --- other kinds -----------------------------------------------------------------------
pod='{"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c"}]}}'
for kind in Pod Deployment StatefulSet DaemonSet ReplicaSet Job CronJob; do
	version=apps/v1 path=.spec.template
	case $kind in
	Pod) version=v1 path= ;;
	Job) version=batch/v1 ;;
	CronJob) version=batch/v1 path=.spec.jobTemplate.spec.template ;;
	esac
	jq -n --argjson pod "$pod" --arg kind $kind --arg version $version "
		{apiVersion: \$version, kind: \$kind, metadata: {name: \"x\"}} |
		${path:-.} |= (. + \$pod)" >"$work/$kind.json"
	inject <"$work/$kind.json"
	check "$kind: exit status" 0 "$status"
	check "$kind: the sidecar" dormouse "$(out "$path.spec.initContainers[0].name")"
done
inject --native-sidecar no <"$work/CronJob.json"
check "a CronJob without native sidecars" "CronJob/x left alone: job-without-native-sidecar" \
	"$(cat "$work/err")"
check_that "is printed as it was" cmp <(jq --indent 4 . "$work/CronJob.json") "$work/out"

jq -s '{apiVersion: "v1", kind: "List", items: (. + [{apiVersion: "v1", kind: "Service"}])}' \
	"$work"/{Pod,Deployment,Job}.json >"$work/list.json"
inject <"$work/list.json"
check "a List: every pod" 3 "$(out '[.. | objects | select(.name? == "dormouse" and .image?)] | length')"
check "a List: the rest stays" Service "$(out '.items[3].kind')"

jq -n --argjson pod "$pod" '
	{apiVersion: "v1", kind: "ReplicationController", metadata: {name: "rc"}, spec: {template: $pod}},
	{apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", metadata: {name: "r"}, spec: {template: $pod}}' \
	>"$work/others.json"
jq -s '{apiVersion: "v1", kind: "List", items: .}' "$work/others.json" "$work/Pod.json" >"$work/list.json"
named='dormouse-injector: v1 ReplicationController rc is not injected: it takes a Pod, |dormouse-injector: argoproj.io/v1alpha1 Rollout r is not injected: it takes a Pod, '
inject <"$work/list.json"
check "a List with others that have pods: each is named" "$named" \
	"$(sed 's/it takes a Pod, .*/it takes a Pod, /' "$work/err" | paste -sd '|')"
check "a List with others that have pods: the pod is injected" "0 null dormouse" \
	"$status $(out '.items | "\(.[0].spec.template.spec.initContainers) \(.[2].spec.initContainers[0].name)"')"
inject < <(cat "$work/others.json" "$work/Pod.json")
check "others that have pods, one behind the other: each is named" "$named" \
	"$(sed 's/it takes a Pod, .*/it takes a Pod, /' "$work/err" | paste -sd '|')"
for kind in ReplicationController Rollout; do
	jq "select(.kind == \"$kind\")" "$work/others.json" >"$work/other.json"
	refused "a $kind alone" 1 "$(tr '|' '\n' <<<"$named" | grep $kind)" <"$work/other.json"
done
jq -s '{apiVersion: "v1", kind: "List", items: .}' "$work/other.json" >"$work/list.json"
inject <"$work/list.json"
check "a List of nothing else: exit status" 1 "$status"
check "a List of nothing else: told" "dormouse-injector: nothing in this List is injected" \
	"$(tail -n 1 "$work/err" | cut -d: -f 1,2)"

cat "$work/Pod.json" "$work/Job.json" >"$work/two.json"
inject <"$work/two.json"
check "two documents: both" "Pod Job" "$(jq -r .kind "$work/out" | paste -sd ' ')"
cp "$work/out" "$work/first"
inject <"$work/first"
check_that "two documents: fed again, the same bytes" cmp "$work/first" "$work/out"
inject < <(printf '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}' |
	cat - "$work/Pod.json")
check "a Namespace before a pod passes" '{"name":"n"} dormouse' \
	"$(jq -cr 'if .kind == "Namespace" then .metadata else
		.spec.initContainers[0].name end' "$work/out" | paste -sd ' ')"

# --- what a pod must not lose ----------------------------------------------------------
checkers=$root/tests/manifests
cat >"$work/guaranteed.json" <<'JSON'
{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "g"},
 "spec": {"securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
  "containers": [{"name": "app", "image": "app:1",
   "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
   "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}]}}
JSON
for native in yes no; do
	inject --native-sidecar $native <"$work/guaranteed.json"
	check "--native-sidecar $native: a Guaranteed pod stays so" "Pod/g Guaranteed" \
		"$("$checkers/qos.py" "$work/out")"
	check "--native-sidecar $native: a restricted pod stays so" "" \
		"$("$checkers/restricted.py" "$work/out")"
done

# --- what is told ----------------------------------------------------------------------
jq '.spec.hostNetwork = true' "$work/Pod.json" >"$work/host.json"
inject <"$work/host.json"
check "left alone: the reason" "Pod/p left alone: host-network" "$(cat "$work/err")"
check "left alone: exit status" 0 "$status"
jq '.metadata.annotations["dormouse.dev/interval"] = "often"' "$work/Pod.json" >"$work/odd.json"
inject <"$work/odd.json"
check "an odd annotation: told" \
	'Pod/p: dormouse: invalid value "often" for annotation dormouse.dev/interval: expected a duration of 100ms to 5m' \
	"$(cat "$work/err")"
check "an odd annotation: exit status" 0 "$status"

trouble="dormouse-injector: the sidecar's image dormouse:0.1.0 names no registry, nodes cannot pull it"
inject --image-loaded=false <"$work/list.json"
check "nothing injected: nothing of the image" 0 "$(grep -c "names no registry" "$work/err" || true)"
inject --image-loaded=false <"$work/two.json"
check "an image without a registry: told once" "$trouble" "$(cut -d: -f 1-3 "$work/err")"
check "an image without a registry: exit status" 0 "$status"
inject --image-loaded=false --template "$work/template.json" <"$work/two.json"
check "an image with a registry: nothing is said" "" "$(cat "$work/err")"

# --- bad input -------------------------------------------------------------------------
refused "nothing" 1 "dormouse-injector: standard input is empty" </dev/null
refused "YAML" 1 "dormouse-injector: this is not JSON: it does not begin with '{'. Of YAML, kubectl makes JSON: kubectl create --dry-run=client -o json" \
	<<<$'apiVersion: v1\nkind: Pod'
refused "half a document" 1 "dormouse-injector: standard input: line 3, column " \
	< <(head -c 150 "$work/deployment.json")
refused "another kind" 1 "dormouse-injector: v1 Secret is not injected: it takes a Pod, " \
	<<<'{"apiVersion": "v1", "kind": "Secret"}'
refused "a key twice" 1 'dormouse-injector: standard input: line 1, column 15: the key "kind" stands here again' \
	<<<'{"kind": "a", "kind": "b"}'
refused "only other kinds" 1 "dormouse-injector: v1 Secret is not injected" \
	< <(printf '{"apiVersion": "v1", "kind": "Secret"} {"apiVersion": "v1", "kind": "Service"}')
refused "the second document" 1 "dormouse-injector: document 2: no Kubernetes object" \
	< <(cat "$work/Pod.json" - <<<'{"kind": "Secret"}')
refused "17 MiB" 1 "dormouse-injector: standard input is longer than 16 MiB" \
	< <(head -c $((17 << 20)) /dev/zero || true)
refused "deep nesting" 1 "dormouse-injector: standard input: line 1, column " \
	< <(head -c $((15 << 20)) /dev/zero | tr '\0' '{')
refused "no template" 1 "dormouse-injector: open template /nowhere: No such file" \
	--template /nowhere <"$work/Pod.json"
refused "a bad flag" 2 'dormouse-injector: invalid value "perhaps" for --native-sidecar: expected auto, yes or no' \
	--native-sidecar perhaps </dev/null
refused "an unknown flag" 2 "dormouse-injector: unknown flag: --image" --image x </dev/null

if [[ -w /dev/full ]]; then
	status=0
	"$INJECTOR" inject <"$work/Pod.json" 2>"$work/err" >/dev/full || status=$?
	check "a full disk: exit status" 1 "$status"
	check "a full disk: told" "dormouse-injector: cannot write to standard output: No space left on device" \
		"$(cat "$work/err")"
fi
finish
