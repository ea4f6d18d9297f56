#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""What must hold for the installation, whoever rendered it.

    check_install.py install.yaml base.yaml HELP

The second is the base rendered now; HELP what `dormouse-injector serve --help` prints."""
import json
import sys

from checks import check, check_selectors, finish
from objects import containers_of, name_of, pods_of, read

# Everything that the injector may do. It stands here once more so that a right that is added is added twice.
RIGHTS = {("Role", "", "secrets", "dormouse-injector", "get"),
          ("Role", "", "secrets", "dormouse-injector", "update"),
          ("ClusterRole", "admissionregistration.k8s.io", "mutatingwebhookconfigurations", "dormouse-injector", "get"),
          ("ClusterRole", "admissionregistration.k8s.io", "mutatingwebhookconfigurations", "dormouse-injector",
           "patch")}
RIGHTS |= {("ClusterRole", "", resource, "any", verb) for resource in ("namespaces", "limitranges", "resourcequotas")
           for verb in ("get", "list", "watch")}

WEBHOOK = {"failurePolicy": "Ignore", "timeoutSeconds": 3, "sideEffects": "None", "reinvocationPolicy": "IfNeeded",
           "matchPolicy": "Equivalent", "admissionReviewVersions": ["v1"],
           "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"],
                      "scope": "Namespaced"}],
           "clientConfig": {"service": {"namespace": "dormouse-system", "name": "dormouse-injector",
                                        "path": "/inject", "port": 443}}}

# Kubernetes 1.25 does not know these, and kubectl refuses what the API server does not know.
TOO_YOUNG = ("unhealthyPodEvictionPolicy", "matchConditions", "matchLabelKeys", "appArmorProfile",
             "trafficDistribution", "nodeInclusionPolicy")


def rights_of(objects):
    return {(obj["kind"], group, resource, name, verb) for obj in objects if obj["kind"] in ("Role", "ClusterRole")
            for rule in obj["rules"] for group in rule["apiGroups"] for resource in rule["resources"]
            for name in rule.get("resourceNames", ["any"]) for verb in rule["verbs"]}


def one(objects, kind):
    found = [obj for obj in objects if obj["kind"] == kind]
    if len(found) != 1:
        raise ValueError(f"{len(found)} objects of kind {kind}")
    return found[0]


def check_rights(objects):
    check("rights: those that are used, on names", RIGHTS, rights_of(objects))
    bindings = [obj for obj in objects if obj["kind"].endswith("Binding")]
    check("rights: of the injector's account only",
          [[{"kind": "ServiceAccount", "name": "dormouse-injector", "namespace": "dormouse-system"}]] * 2,
          [binding["subjects"] for binding in bindings])
    check("rights: each role is bound", {"Role", "ClusterRole"}, {obj["roleRef"]["kind"] for obj in bindings})
    check("the Secret comes empty", [], sorted(set(one(objects, "Secret")) & {"data", "stringData"}))


def check_webhooks(objects):
    webhooks = one(objects, "MutatingWebhookConfiguration")["webhooks"]
    for webhook in webhooks:
        rest = {key: value for key, value in webhook.items()
                if key not in ("name", "namespaceSelector", "objectSelector")}
        check(f"webhook {webhook['name']}: how it is asked", WEBHOOK, rest)
    check_selectors("the webhooks", {webhook["name"].split(".")[0]: webhook for webhook in webhooks})


def check_wiring(objects, manual):
    deployment, service = one(objects, "Deployment"), one(objects, "Service")
    pod = deployment["spec"]["template"]
    container = pod["spec"]["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    check("the Service leads to ports of the container", {"webhook": 443, "metrics": 8080},
          {port["targetPort"]: port["port"] for port in service["spec"]["ports"] if port["targetPort"] in ports})
    check("its selectors mean the Deployment's pods", [True] * 4, [
        selector.items() <= pod["metadata"]["labels"].items() for selector in (
            service["spec"]["selector"], deployment["spec"]["selector"]["matchLabels"],
            one(objects, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
            one(objects, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"])])
    check("the NetworkPolicy lets those ports in", sorted(ports.values()), sorted(
        port["port"] for rule in one(objects, "NetworkPolicy")["spec"]["ingress"] for port in rule["ports"]))
    check("the injector knows its flags", [], [
        flag for flag in container["args"][1:] if f"  {flag.split('=')[0]} " not in manual])
    folders = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    files = [arg.split("=")[1].rsplit("/", 1) for arg in container["args"] if arg.startswith("--client-ca-file=")]
    check("the client CA is a ConfigMap that need not exist, mounted whole",
          [({"name": "dormouse-injector-client-ca", "optional": True}, "ca.crt")],
          [(volume["configMap"], name) for folder, name in files for volume in pod["spec"]["volumes"]
           if volume["name"] == folders.get(folder)])
    check("probes ask where health is served", {"metrics"}, {
        container[probe]["httpGet"]["port"] for probe in ("readinessProbe", "livenessProbe")})
    check("two replicas, and never fewer in a rollout", (2, 0),
          (deployment["spec"]["replicas"], deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"]))


def keys_of(value):
    if isinstance(value, dict):
        return set(value) | {key for member in value.values() for key in keys_of(member)}
    return {key for member in value for key in keys_of(member)} if isinstance(value, list) else set()


def main():
    installed, rendered = read(sys.argv[1:2]), read(sys.argv[2:3])
    check("install.yaml is the base, rendered", {name_of(obj): obj for obj in rendered},
          {name_of(obj): obj for obj in installed})
    kinds = [obj["kind"] for obj in installed]
    check("the namespace is first, the webhook last", ("Namespace", "MutatingWebhookConfiguration"),
          (kinds[0], kinds[-1]))
    check("nothing that Kubernetes 1.25 does not know", [],
          [key for obj in installed for key in keys_of(obj) if key in TOO_YOUNG])
    labels = installed[0]["metadata"]["labels"]
    check("the namespace holds its pods to `restricted`", ["restricted"] * 3,
          [labels.get(f"pod-security.kubernetes.io/{mode}") for mode in ("enforce", "audit", "warn")])
    check_rights(installed)
    check_webhooks(installed)
    check_wiring(installed, sys.argv[3])
    template = json.loads(one(installed, "ConfigMap")["data"]["template.json"])
    check("memory that the sidecar asks for is what it may have", [], [
        size for size in template["resources"] if size["requests"]["memory"] != size["limits"]["memory"]])
    check("every container has requests and limits of CPU and memory", [], [
        container["name"] for _, pod in pods_of(installed) for container in containers_of(pod)
        for part in ("requests", "limits") if set(container["resources"][part]) != {"cpu", "memory"}])
    return finish()


if __name__ == "__main__":
    sys.exit(main())
