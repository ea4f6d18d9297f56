#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A pod whose sidecar cannot be pulled never starts. So with the image's shipped name, which
# no registry has, no pod is injected: the injector is not ready, and says why; what reaches it
# all the same is let in as it is. A name with a registry, or --image-loaded, ends that.
#
#     reviews, requests  -->  127.0.0.1  [a: the injector]
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=injector.sh
source "$(dirname "$0")/injector.sh"
need_injector jq
make_space a

template() {
	echo "$1" >"$work/template.new"
	mv "$work/template.new" "$work/template.json"
}
# page PORT PATH: the status and the lines.
page() {
	inside a curl -s --max-time 10 -w '%{http_code}' "http://127.0.0.1:$(($1 + 1))/$2" | paste -sd ' '
}
# ask PORT: what a review is answered with: whether it is allowed, patched, warned of.
ask() {
	inside a curl -s --max-time 10 --cacert "$work/in-use.crt" -H 'Content-Type: application/json' \
		--data-binary @"$review" "https://localhost:$1/inject" |
		jq -r '.response | "\(.allowed) \(.patchType) \(.warnings)"'
}
image_ready() {
	measure a "$1" dormouse_injector_image_ready
}
trouble='the sidecar'\''s image dormouse:0.1.0 names no registry, nodes cannot pull it: name one in the template, or say --image-loaded where every node has it'

# --- as it is shipped --------------------------------------------------------------------
cp "$root/manifests/base/template.json" "$work/template.json"
start_injector_as_it_is a 8443 --template "$work/template.json"
readiness() {
	page 8443 readyz
}
eventually "as shipped: not ready, and why" "$trouble 503" readiness
check "as shipped: alive" "ok 200" "$(page 8443 healthz)"
check "as shipped: a pod is let in as it is, and its maker told" \
	"true null [\"dormouse: the pod was left without its sidecar: $trouble\"]" "$(ask 8443)"
check "as shipped: image_ready" 0 "$(image_ready 8443)"
check "as shipped: counted" 1 "$(measure a 8443 'dormouse_injector_reviews_total{outcome="failed",reason=""}')"
check_that "as shipped: logged" grep -q "\"image-without-registry\".*names no registry" "$work/injector-8443.log"

# --- with a registry, without a restart ---------------------------------------------------
template '{"image": "registry.example/dormouse:0.1.0"}'
eventually "a registry: ready" "ok 200" readiness
check "a registry: injected" "true JSONPatch null" "$(ask 8443)"
check "a registry: image_ready" 1 "$(image_ready 8443)"
template '{"image": "dormouse@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}'
not_ready() {
	[[ $(readiness) == *"names no registry"*503 ]]
}
check_that "a digest without a registry: not ready again" wait_for "that" not_ready
check_that "a digest without a registry: a pod is let in" test "$(ask 8443 | cut -d ' ' -f 1,2)" = "true null"
template '{"image": "localhost/dormouse:0.1.0"}'
eventually "localhost, as podman says of what it has itself: ready" "ok 200" readiness

# --- on every node ------------------------------------------------------------------------
start_injector a 8453
readiness() {
	page 8453 readyz
}
check "--image-loaded: ready, and what that rests on" "ok $trouble 200" "$(readiness)"
check "--image-loaded: injected" "true JSONPatch null" "$(ask 8453)"
check "--image-loaded: image_ready" 1 "$(image_ready 8453)"
finish
