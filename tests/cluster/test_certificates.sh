#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs alone: it restarts the injector.
#
# The replicas serve one certificate, the same after a restart; it is renewed while pods are
# created, and none of them goes without a sidecar for it.
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need_injector
[[ -n ${MANIFEST:-} ]] || skip "needs MANIFEST, to install the injector as it was"

space=dormouse-test-certificates
make_namespace certificates dormouse.dev/injection=enabled

# With an empty Secret, or what follows would have certificates that end in a minute; and with
# nobody there who would fill it with such.
restore() {
	kubectl -n dormouse-system delete deployment dormouse-injector --ignore-not-found
	wait_for "the injector is gone" injector_gone
	kubectl -n dormouse-system patch secret dormouse-injector --type=merge \
		--patch '{"data": null}'
	kubectl apply -f "$MANIFEST"
	wait_for "the injector is back" injector_ready
} >"$work/restore.log"
restored=
cleanups+=('[[ -n $restored ]] || restore')

# served POD: a digest of the certificate that it serves.
served() {
	python3 -c 'import hashlib, ssl, sys
print(hashlib.sha256(ssl.get_server_certificate(("127.0.0.1", int(sys.argv[1]))).encode()).hexdigest()[:16])' "$1"
}
kept() {
	kubectl -n dormouse-system get secret dormouse-injector -o jsonpath='{.data.tls\.crt}' |
		base64 -d | python3 -c 'import hashlib, re, sys
print(hashlib.sha256(re.match("(?s).*?END CERTIFICATE-----\n", sys.stdin.read()).group().encode()).hexdigest()[:16])'
}
bundle() {
	kubectl get mutatingwebhookconfiguration dormouse-injector -o json |
		jq -r '[.webhooks[].clientConfig.caBundle] | unique | .[]' | sha256sum | cut -c1-16
}

# check_served WHEN: both replicas serve what the Secret has.
check_served() {
	local pod
	for pod in $(injector_pods); do
		forward "$pod" dormouse-system "$pod" 8443
		check "$1: the certificate of $pod is the Secret's" "$(kept)" "$(served "$forwarded")"
	done
}

start_load() {
	python3 "$cluster/load.py" "$proxied" $space "$work/pod.json" >"$work/load-$1" 2>"$work/load-$1.log" &
	load=$!
	pids+=("$load")
}

# stop_load NAME: what it counted is in $created, $injected and $refused.
stop_load() {
	kill "$load"
	wait "$load" || true
	read -r _ created _ injected _ refused <"$work/load-$1"
}

kubectl proxy --port=0 >"$work/proxy.log" 2>&1 </dev/null &
pids+=("$!")
wait_for "kubectl proxy" grep -q '^Starting to serve on' "$work/proxy.log"
proxied=http://$(sed -n 's/^Starting to serve on //p' "$work/proxy.log")
app load '.metadata.name = $name' >"$work/pod.json"

# --- a restart ------------------------------------------------------------------------
check_served "at first"
first=$(kept)
authority=$(bundle)
start_load restart
kubectl -n dormouse-system rollout restart deployment dormouse-injector >"$work/out"
wait_for "the restart" injector_ready
stop_load restart
check "the certificate after the restart" "$first" "$(kept)"
check "the CA in the webhooks after it" "$authority" "$(bundle)"
check_served "after the restart"
check "pods created meanwhile, injected" "$created" "$injected"

# --- renewal --------------------------------------------------------------------------
kubectl -n dormouse-system patch deployment dormouse-injector --type=json --patch '[
	{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--certificate-lifetime=45s"},
	{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--check-interval=1s"}]' >"$work/out"
wait_for "the rollout of short certificates" injector_ready
mapfile -t replicas < <(injector_pods)
ports=()
for pod in "${replicas[@]}"; do
	forward "$pod" dormouse-system "$pod" 8443
	ports+=("$forwarded")
done
start_load renewal
declare -A seen=([0]="" [1]="")
renewed_thrice() {
	local i
	for i in 0 1; do
		seen[$i]=$({ tr ' ' '\n' <<<"${seen[$i]}"; served "${ports[$i]}"; } | grep . | sort -u | xargs)
	done
	(($(wc -w <<<"${seen[0]}") >= 3 && $(wc -w <<<"${seen[1]}") >= 3))
}
patience=240 wait_for "two renewals" renewed_thrice || true
stop_load renewal
check_between "certificates that the first replica served" 3 100 "$(wc -w <<<"${seen[0]}")"
check_between "certificates that the second replica served" 3 100 "$(wc -w <<<"${seen[1]}")"
check_between "pods created meanwhile" 100 1000000 "$created"
check "of them injected" "$created" "$injected"
check "requests without an answer" 0 "$refused"
check "reviews that failed" 0 \
	"$(injector_metric 'dormouse_injector_reviews_total{outcome="failed",reason=""}')"
for pod in "${replicas[@]}"; do
	check "$pod has restarted" 0 \
		"$(field dormouse-system "$pod" '.status.containerStatuses[0].restartCount')"
done

restore
# shellcheck disable=SC2034 # in a cleanup
restored=1
check_that "the injector is as it was" wait_for "an injected pod" injects $space
finish
