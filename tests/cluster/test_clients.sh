#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs alone: it shuts the injector's door.
#
# Where the API server has a client certificate for the injector ("The API server's certificate" in
# manifests/README.md), and WEBHOOK_CLIENT_CA names the CA of it, nobody else gets a review. With
# another CA the API server gets none either, so it is the certificate that opens the door.
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
need_injector
[[ -n ${WEBHOOK_CLIENT_CA:-} ]] ||
	skip "WEBHOOK_CLIENT_CA names no CA: the API server has no client certificate for the injector"

space=dormouse-test-clients
make_namespace clients dormouse.dev/injection=enabled

# admit FILE...: the CAs in them, in place of those before.
admit() {
	cat "$@" >"$work/ca.crt"
	kubectl -n dormouse-system create configmap dormouse-injector-client-ca \
		--from-file="$work/ca.crt" --dry-run=client -o json |
		kubectl apply -f - >"$work/out" 2>&1
}

# An injector that starts without the file asks for no certificate.
open_door() {
	kubectl -n dormouse-system delete configmap dormouse-injector-client-ca --ignore-not-found
	kubectl -n dormouse-system rollout restart deployment dormouse-injector
	wait_for "the injector is ready" injector_ready
} >"$work/open-door.log" 2>&1
cleanups+=(open_door)

make_ca() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3 \
		-keyout "$work/$1.key" -out "$work/$1.crt" -subj "/CN=$1" 2>/dev/null
}
make_ca strange

demanding() {
	injector_metric dormouse_injector_client_certificate_required
}
refused_as() {
	injector_metric "dormouse_injector_clients_refused_total{reason=\"$1\"}"
}
reloads() {
	injector_metric dormouse_injector_client_ca_reloads_total
}

# with_sidecar: of 20 pods that would be created now.
with_sidecar() {
	app probe '.metadata.name = $name' |
		jq '{apiVersion: "v1", kind: "List", items: [. as $pod | range(20) |
			. as $i | $pod | .metadata.name = "probe-\($i)"]}' |
		kubectl -n $space create --dry-run=server -o json -f - |
		jq -s "[.[] | select([$sidecar] | length == 1)] | length"
}

# ask [CURL ARGUMENT...]: the status of a request from this machine; 000: it got no answer.
ask() {
	curl -sk --max-time 10 -o "$work/answer" -w '%{http_code}' "$@" \
		"https://localhost:$forwarded/inject" || true
}

check "before, replicas that ask for a certificate" 0 "$(demanding)"
check "and of 20 pods, with a sidecar" 20 "$(with_sidecar)"

# The kubelet takes a minute or two to bring a file that was not there.
patience=240
admit "$WEBHOOK_CLIENT_CA"
eventually "with the API server's CA, replicas that ask for a certificate" 2 demanding
check "and of 20 pods, with a sidecar" 20 "$(with_sidecar)"
check "refused without a certificate" 0 "$(refused_as none)"

forward injector dormouse-system "$(injector_pods | head -n 1)" 8443
check "who comes without a certificate is answered" 000 "$(ask)"
check "and counted" 1 "$(refused_as none)"
forward injector dormouse-system "$(injector_pods | head -n 1)" 8443
check "who comes with a certificate of another CA is answered" 000 \
	"$(ask --cert "$work/strange.crt" --key "$work/strange.key")"
check "and counted" 1 "$(refused_as untrusted)"

before=$(reloads)
admit "$work/strange.crt"
eventually "replicas that took another CA" $((before + 2)) reloads
with_sidecar >"$work/out" # a connection that was open got one more answer
check "of 20 pods, with a sidecar" 0 "$(with_sidecar)"
check_between "API servers' certificates that were refused" 2 100 "$(refused_as untrusted)"

admit "$work/strange.crt" "$WEBHOOK_CLIENT_CA"
eventually "replicas that took both CAs" $((before + 4)) reloads
check "of 20 pods, with a sidecar" 20 "$(with_sidecar)"
finish
