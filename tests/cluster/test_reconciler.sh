#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The injector's certificates, against the API server of the cluster that KUBECONFIG names,
# with the rights of manifests/base/rbac.yaml and no others: replicas that start together
# agree, what others damage is put right, and a certificate and its CA are replaced while
# clients whose CA bundle is a little old go on without a failed request.
#
# The injectors run here, not in pods. All that is made in the cluster is named after this
# process. Takes two minutes, most of which it waits for lives to pass.
#
# shellcheck source=../net/lib.sh
source "$(dirname "$0")/../net/lib.sh"

INJECTOR=${INJECTOR:-$root/build/dormouse-injector}
self=keeper-$$
replicas=5
patience=${TEST_PATIENCE:-120}
# Below those that the kernel gives out, and beside those of Services.
port=$((10000 + $$ % 19000))

[[ -n ${KUBECONFIG:-} ]] || skip "needs KUBECONFIG"
for tool in kubectl jq curl openssl; do
	command -v $tool >/dev/null || skip "needs $tool"
done
[[ -x $INJECTOR ]] || skip "needs $INJECTOR: make"

# --- what the manifests would make, under names of our own -----------------------------
base=$root/manifests/base
manifests() {
	sed -e "s/dormouse-system/$self/g; s/dormouse-injector/$self/g" \
		-e "s,dormouse.dev/inject,$self.test/inject,g" "$base/$1.yaml"
}
cleanups+=("kubectl delete --wait=false namespace $self >/dev/null 2>&1")
for kind in clusterrole clusterrolebinding mutatingwebhookconfiguration; do
	cleanups+=("kubectl delete $kind $self >/dev/null 2>&1")
done
kubectl create namespace "$self" >/dev/null
for part in rbac secret webhook; do
	manifests $part | kubectl apply -f - >/dev/null
done

# The address that a pod would use is the cluster's own; this one is the API server's.
server=$(kubectl get endpoints kubernetes \
	-o jsonpath='https://{.subsets[0].addresses[0].ip}:{.subsets[0].ports[0].port}')
root_ca() {
	kubectl get -n "$self" configmap kube-root-ca.crt -o jsonpath='{.data.ca\.crt}' \
		>"$work/ca.crt" 2>/dev/null && [[ -s $work/ca.crt ]]
}
wait_for "the cluster's CA" root_ca

# Old clusters keep the token in a Secret, new ones give one when asked.
token() {
	local secret
	kubectl create token -n "$self" "$self" 2>/dev/null && return
	secret=$(kubectl get -n "$self" serviceaccount "$self" -o jsonpath='{.secrets[0].name}')
	[[ -n $secret ]] || return
	kubectl get -n "$self" secret "$secret" -o jsonpath='{.data.token}' | base64 -d
}
have_token() {
	token >"$work/token" && [[ -s $work/token ]]
}
wait_for "the ServiceAccount's token" have_token
curl -s --max-time 5 --cacert "$work/ca.crt" "$server/version" >/dev/null ||
	skip "$server cannot be reached from here"

# --- injectors -------------------------------------------------------------------------
declare -A injector=()

# start_injector N [FLAG...]
start_injector() {
	"$INJECTOR" serve --listen="127.0.0.1:$((port + $1))" \
		--metrics-listen="127.0.0.1:$((port + 100 + $1))" --namespace="$self" \
		--service="$self" --secret="$self" --webhook="$self" \
		--api-server="$server" --api-token-file="$work/token" \
		--api-ca-file="$work/ca.crt" --check-interval=1s --image-loaded "${@:2}" \
		>>"$work/injector-$1.log" 2>&1 </dev/null &
	injector[$1]=$!
	pids+=("$!")
}

is_ready() {
	curl -sf --max-time 5 "http://127.0.0.1:$((port + 100 + $1))/readyz" >/dev/null
}

# metric N NAME: its value, the sum of several.
metric() {
	curl -sf --max-time 5 "http://127.0.0.1:$((port + 100 + $1))/metrics" |
		awk -v name="$2" 'index($1, name) == 1 { n += $2 } END { print n + 0 }'
}

sum() {
	local i n=0
	for ((i = 0; i < replicas; i++)); do
		n=$((n + $(metric $i "$1")))
	done
	echo $n
}

# served N: the certificate that a client gets, as PEM.
served() {
	openssl s_client -connect "127.0.0.1:$((port + $1))" </dev/null 2>/dev/null |
		openssl x509 2>/dev/null
}

digest() {
	sha256sum | cut -c1-16
}

# ca_of: the key identifier of the CA that signed the certificate on standard input.
ca_of() {
	openssl x509 -noout -ext authorityKeyIdentifier | tail -n 1 | tr -d ' '
}

# published WEBHOOK: the bundle in the webhook configuration, as PEM.
published() {
	kubectl get mutatingwebhookconfiguration "$self" \
		-o jsonpath="{.webhooks[$1].clientConfig.caBundle}" | base64 -d
}

# verifies N BUNDLE: a client that trusts just this bundle, and wants the Service's name, is
# answered.
verifies() {
	curl -so /dev/null --max-time 5 --cacert "$2" \
		--connect-to "::127.0.0.1:$((port + $1))" "https://$self.$self.svc/inject"
}

in_secret() { # KEY
	kubectl get -n "$self" secret "$self" -o json | jq -r ".data[\"$1\"]" | base64 -d
}

# --- replicas that start together ------------------------------------------------------
for ((i = 0; i < replicas; i++)); do
	start_injector $i
done
for ((i = 0; i < replicas; i++)); do
	wait_for "replica $i is ready" is_ready $i
done
served 0 >"$work/first.crt"
for ((i = 1; i < replicas; i++)); do
	check "replica $i serves what replica 0 serves" "$(digest <"$work/first.crt")" \
		"$(served $i | digest)"
done
check "it is what the Secret holds" "$(in_secret tls.crt | digest)" \
	"$(digest <"$work/first.crt")"
check "one of them made it" 1 "$(sum dormouse_injector_certificates_made_total)"
check "no request was refused: the rights suffice" 0 \
	"$(cat "$work"/injector-*.log | grep -c -e 'status 40[13]' || true)"
published 0 >"$work/bundle.crt"
published 1 >"$work/other.crt"
for bundle in bundle other; do
	check "a webhook has the CA" "$(in_secret ca.crt | digest)" \
		"$(digest <"$work/$bundle.crt")"
done
check_that "an API server would verify it" verifies 0 "$work/bundle.crt"

can() {
	kubectl auth can-i "$@" --as="system:serviceaccount:$self:$self" 2>/dev/null || true
}
check "Secrets cannot be listed" no "$(can list secrets -n "$self")"
check "no other Secret can be read" no "$(can get secrets/other -n "$self")"
check "no other webhook configuration can be changed" no \
	"$(can patch mutatingwebhookconfigurations/other)"

# --- what others do --------------------------------------------------------------------
kubectl patch mutatingwebhookconfiguration "$self" --type=json -p \
	'[{"op": "remove", "path": "/webhooks/1/clientConfig/caBundle"}]' >/dev/null
second_has() {
	published 1 | digest
}
eventually "a CA that was removed is put back" "$(digest <"$work/bundle.crt")" second_has
manifests webhook | kubectl apply -f - >/dev/null
manifests secret | kubectl apply -f - >/dev/null
check "applying the manifests again changes nothing" "$(digest <"$work/first.crt")" \
	"$(in_secret tls.crt | digest)"

kubectl label -n "$self" secret "$self" team=blue >/dev/null
kubectl patch -n "$self" secret "$self" --type=json -p \
	'[{"op": "add", "path": "/data/other", "value": "a2VwdA=="},
	  {"op": "remove", "path": "/data/tls.crt"}]' >/dev/null
renewed() {
	[[ -n $(in_secret tls.crt) ]] && ! cmp -s <(served 0) "$work/first.crt" &&
		cmp -s <(served 0) <(served 4)
}
wait_for "a certificate that was removed is made again" renewed
check "by one of them" 2 "$(sum dormouse_injector_certificates_made_total)"
check "what else the Secret holds stays" "kept blue" \
	"$(in_secret other) $(kubectl get -n "$self" secret "$self" \
		-o jsonpath='{.metadata.labels.team}')"
check_that "the CA is the same" verifies 0 "$work/bundle.crt"

# --- an API server that does not let us in ---------------------------------------------
events() {
	grep -c "\"event\":\"$1\"" "$work/injector-0.log" || true
}
echo nobody >"$work/token.bad"
cp "$work/token" "$work/token.good"
cp "$work/token.bad" "$work/token"
eventually "an outage is told" 1 events secret-failed
check_that "and served through" verifies 0 "$work/bundle.crt"
cp "$work/token.good" "$work/token"
eventually "and its end" 1 events secret-kept
check "it was told once" 1 "$(events secret-failed)"

# --- a life in a minute ----------------------------------------------------------------
for ((i = 0; i < replicas; i++)); do
	stop "${injector[$i]}"
done
check "they end well" 0 "$stopped"
for i in 0 1; do
	start_injector $i --certificate-lifetime=30s --ca-lifetime=90s
done
for i in 0 1; do
	wait_for "replica $i is ready" is_ready $i
done
old_ca=$(served 0 | ca_of)
requests=0 lost=0 old_ones=0

# now: milliseconds.
now() {
	echo $(($(date +%s%N) / 1000000))
}

# older_bundle: the oldest that was fetched in the last three seconds, as an API server that has
# not heard of a change yet. A new CA signs nothing for four, with lives as short as here.
older_bundle() {
	local bundle oldest since=$(($(now) - 3000))
	for bundle in "$work"/bundle.at-*; do
		if [[ ! -e $bundle ]]; then
			continue
		elif ((${bundle##*-} < since)); then
			rm "$bundle"
		elif [[ -z ${oldest:-} ]]; then
			oldest=$bundle
		fi
	done
	echo "${oldest:-}"
}

# tried REPLICA BUNDLE
tried() {
	requests=$((requests + 1))
	verifies "$1" "$2" && return
	lost=$((lost + 1))
	echo "replica $1 did not verify with ${2##*/} at $(now)" >&2
}

# A round: with the bundle of this moment, and with an older one.
round() {
	local i older fetched
	fetched=$(now)
	published 0 >"$work/bundle.now"
	for i in 0 1; do
		tried "$i" "$work/bundle.now"
		older=$(older_bundle)
		if [[ -n $older ]]; then
			old_ones=$((old_ones + 1))
			tried "$i" "$older"
		fi
		served "$i" >>"$work/served.crt"
	done
	mv "$work/bundle.now" "$work/bundle.at-$fetched"
}
changed() {
	round
	[[ $(served 0 | ca_of) != "$old_ca" && $(served 1 | ca_of) != "$old_ca" ]]
}
wait_for "the CA is replaced" changed
old_ca=$(served 0 | ca_of)
wait_for "and once more" changed
check "of $requests requests meanwhile failed" 0 "$lost"
check_between "of them, with an older bundle" 10 1000000 "$old_ones"
check_between "certificates were served" 4 100 \
	"$(awk '/BEGIN/ { getline; getline; print }' "$work/served.crt" | sort -u | wc -l)"
check_between "CAs in the bundle" 1 3 "$(published 0 | grep -c BEGIN)"

check_between "KiB are resident in replica 0" 1 16384 \
	"$(awk '/^VmRSS/ { print $2 }' "/proc/${injector[0]}/status")"
check "no log has a private key" 0 "$(cat "$work"/injector-*.log | grep -c PRIVATE || true)"
grep -h '"event":"c[ae]' "$work/injector-0.log" | jq -r '"\(.time) \(.event): \(.message)"' |
	tail -n 12
finish
