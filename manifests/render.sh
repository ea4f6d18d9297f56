#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Prints install.yaml: the base, rendered by kubectl or kustomize.
#
#     manifests/render.sh >manifests/install.yaml
set -euo pipefail
cd "$(dirname "$0")"

cat <<'HEADER'
# Dormouse's injector: adds the sidecar to the pods of every namespace that is labelled
# dormouse.dev/injection=enabled or =required. For Kubernetes 1.25 and newer.
#
#     kubectl apply -f manifests/install.yaml
#
# Rendered from manifests/base by manifests/render.sh: change it there, where the comments are.
HEADER
if command -v kubectl >/dev/null; then
	kubectl kustomize base
else
	kustomize build base
fi
