#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Every name that an object has of another is the name of one that is there.

    check_names.py WHAT RENDERED [PREFIX [SUFFIX [NAMESPACE]]]

With a prefix and a suffix, all names but the namespace's have them."""
import copy
import sys

from checks import check, finish
from objects import containers_of, pod_of, read

# Kinds whose names kustomize leaves alone.
WITHOUT_PREFIX = {"Namespace"}
RESOURCES = {"secrets": "Secret", "mutatingwebhookconfigurations": "MutatingWebhookConfiguration",
             "configmaps": "ConfigMap"}
# Which the sidecars know by this name, in each namespace, whatever the injector is called.
BASELINES = ("ConfigMap", None, "dormouse-baselines")
# What the injector looks for by name, and the variable that tells it.
LOOKED_FOR = {"DORMOUSE_SERVICE": "Service", "DORMOUSE_SECRET": "Secret",
              "DORMOUSE_WEBHOOK": "MutatingWebhookConfiguration"}
CLUSTER_WIDE = {"ClusterRole", "ClusterRoleBinding", "MutatingWebhookConfiguration", "MutatingAdmissionPolicy",
                "MutatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
                "Namespace"}


def place(obj):
    """(kind, namespace, name)."""
    return obj["kind"], obj["metadata"].get("namespace"), obj["metadata"]["name"]


class References:
    """(who, kind, namespace, name) of everything that is named."""

    def __init__(self, objects):
        self.found = []
        self.made_elsewhere = {BASELINES}
        for obj in objects:
            self.who = "/".join(part for part in place(obj) if part)
            self.space = obj["metadata"].get("namespace")
            read_kind = getattr(self, "of_" + obj["kind"], None)
            if read_kind:
                read_kind(obj)

    def add(self, kind, name, space=None):
        self.found.append((self.who, kind, None if kind in CLUSTER_WIDE else space or self.space, name))

    def of_Deployment(self, obj):
        self.add("Namespace", self.space)
        spec = pod_of(obj)["spec"]
        fields = {"spec.serviceAccountName": spec["serviceAccountName"], "metadata.namespace": self.space}
        self.add("ServiceAccount", spec["serviceAccountName"])
        for volume in spec["volumes"]:
            if "configMap" in volume and not volume["configMap"].get("optional"):
                self.add("ConfigMap", volume["configMap"]["name"])
            if "secret" in volume:
                self.add("Secret", volume["secret"]["secretName"])
        for container in containers_of(pod_of(obj)):
            told = {one["name"]: one.get("value") or fields.get(one["valueFrom"]["fieldRef"]["fieldPath"])
                    for one in container.get("env", [])}
            files = any(arg.startswith("--tls-cert-file") for arg in container["args"])
            for variable, kind in LOOKED_FOR.items():
                # With a certificate of others no Secret is read.
                if not (files and kind == "Secret"):
                    self.add(kind, told.get(variable))

    def of_CronJob(self, obj):
        self.add("ServiceAccount", pod_of(obj)["spec"]["serviceAccountName"])

    def rules(self, obj):
        for rule in obj["rules"]:
            for resource in rule["resources"]:
                for name in rule.get("resourceNames", []):
                    self.add(RESOURCES[resource], name)

    of_Role = of_ClusterRole = rules

    def binding(self, obj):
        self.add(obj["roleRef"]["kind"], obj["roleRef"]["name"])
        for subject in obj["subjects"]:
            self.add(subject["kind"], subject["name"], subject["namespace"])

    of_RoleBinding = of_ClusterRoleBinding = binding

    def of_MutatingWebhookConfiguration(self, obj):
        for webhook in obj["webhooks"]:
            service = webhook["clientConfig"]["service"]
            self.add("Service", service["name"], service["namespace"])
        source = obj["metadata"].get("annotations", {}).get("cert-manager.io/inject-ca-from-secret")
        if source:
            self.add("Secret", source.split("/")[1], source.split("/")[0])

    def of_MutatingAdmissionPolicyBinding(self, obj):
        self.add("MutatingAdmissionPolicy", obj["spec"]["policyName"])

    def of_ValidatingAdmissionPolicyBinding(self, obj):
        self.add("ValidatingAdmissionPolicy", obj["spec"]["policyName"])

    def of_Certificate(self, obj):
        self.made_elsewhere.add(("Secret", self.space, obj["spec"]["secretName"]))
        self.add(obj["spec"]["issuerRef"]["kind"], obj["spec"]["issuerRef"]["name"])

    def of_Issuer(self, obj):
        if "ca" in obj["spec"]:
            self.add("Secret", obj["spec"]["ca"]["secretName"])


def missing(objects):
    references = References(objects)
    there = {place(obj) for obj in objects} | references.made_elsewhere
    return [f"{who} names {kind} {space or ''}/{name}" for who, kind, space, name in references.found
            if (kind, space, name) not in there]


def covers(pattern, name):
    return pattern == name or pattern.split(".")[0] == "*" and pattern.split(".")[1:] == name.split(".")[1:]


def check_certificate(what, objects):
    """cert-manager's certificate is for the Service, whatever it is called."""
    names = [name for obj in objects if obj["kind"] == "Certificate" for name in obj["spec"].get("dnsNames", [])]
    if names:
        for _, space, name in (place(obj) for obj in objects if obj["kind"] == "Service"):
            check(f"{what}: the certificate is the Service's", True,
                  any(covers(pattern, f"{name}.{space}.svc") for pattern in names))


def check_this_check(what, objects):
    """Whatever is called otherwise than it is named, is found out."""
    named = {one[1:] for one in References(objects).found}
    unseen = []
    for number, obj in enumerate(objects):
        if place(obj) in named:
            changed = copy.deepcopy(objects)
            changed[number]["metadata"]["name"] += "-elsewhere"
            unseen += [] if missing(changed) else [place(obj)]
    check(f"{what}: a name that is nobody's would be found out", [], unseen)


def main():
    what, path, prefix, suffix, space = (sys.argv[1:] + [""] * 3)[:5]
    objects = read([path])
    check(f"{what}: every name is somebody's", [], missing(objects))
    check(f"{what}: names have their prefix and suffix", [], [
        place(obj) for obj in objects if obj["kind"] not in WITHOUT_PREFIX and not (
            obj["metadata"]["name"].startswith(prefix) and obj["metadata"]["name"].endswith(suffix))])
    if space:
        check(f"{what}: all is in that namespace", {space, None}, {obj["metadata"].get("namespace") for obj in objects})
    check_certificate(what, objects)
    check_this_check(what, objects)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
