#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""In a namespace labelled `required` the pods that the injector would inject, and no others, are refused without it.

    check_required.py INJECTOR MANIFESTS PODS_FOLDER

Pods of every shape go through the policy's expressions, evaluated by cel.py, as they come when the injector is silent
and as `INJECTOR inject` leaves them."""
import copy
import glob
import json
import os
import re
import subprocess
import sys

import cel
import validating
from checks import NAMESPACES, PODS as LABELS, SYSTEM_NAMESPACES, check, finish, selects
from objects import read
from pods import PODS

REQUIRED = {"dormouse.dev/injection": "required"}
# What the injector may answer of a pod; with native sidecars, which 1.30 has, a Job's pod is no case.
REASONS = {"system-namespace", "mirror-pod", "host-network", "windows", "already-injected", "opted-out"}
# The API server refuses pods without these, before any policy sees them.
DEMANDED = {"metadata", "spec", "containers", "name", "nodeSelectorTerms", "key", "operator", "values"}
# An Event's note has no more, and the API server's own words come before it.
MESSAGE_MAX = 1024 - 200


def shapes(folder):
    """(name, pod) of all that there are."""
    yield from PODS
    for path in sorted(glob.glob(os.path.join(folder, "*.json"))):
        with open(path, encoding="utf-8") as file:
            yield os.path.basename(path), json.load(file)
    plain = PODS[0][1]
    for value in ("false", "true", "False", ""):
        labels = {"dormouse.dev/inject": value}
        yield f"labelled inject {value!r}", {**plain, "metadata": {"name": "a", "labels": labels}}


def decided(injector, pods):
    """What the injector makes of each, and its reason to leave it alone, or none."""
    items = copy.deepcopy(pods)
    for number, pod in enumerate(items):
        pod["metadata"]["name"] = str(number)
    run = subprocess.run([injector, "inject", "--native-sidecar=yes", "--image-loaded", "--namespace=dormouse-system"],
                         input=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}),
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True, text=True)
    reasons = dict(re.findall(r"^Pod/(\d+) left alone: (\S+)$", run.stderr, re.MULTILINE))
    return [(pod, reasons.get(str(number))) for number, pod in enumerate(json.loads(run.stdout)["items"])]


class Required:
    def __init__(self, path):
        policy, binding = read([path])
        self.name, self.spec, self.binding = policy["metadata"]["name"], policy["spec"], binding["spec"]

    def asked(self, namespace, pod):
        """Whether it is asked about pods with these labels in namespaces with those."""
        matcher = self.binding["matchResources"]
        return selects(matcher["namespaceSelector"], namespace) and selects(matcher["objectSelector"], pod)

    def refusals(self, pod):
        space = pod["metadata"].get("namespace", "default")
        if not self.asked({"kubernetes.io/metadata.name": space, **REQUIRED}, pod["metadata"].get("labels") or {}):
            return []
        return validating.complaints(self.spec, pod)


def check_pods(required, injector, folder):
    pods = list(shapes(folder))
    seen = set()
    for (name, pod), (injected, reason) in zip(pods, decided(injector, [pod for _, pod in pods])):
        seen |= {reason} - {None}
        check(f"{name}: {reason or 'refused without a sidecar'}", not reason, bool(required.refusals(pod)))
        check(f"{name}: not refused as the injector leaves it", [], required.refusals(injected))
    check("every reason was among them", REASONS, seen)


def lacking(value, path=()):
    """The paths of members that may be missing."""
    if isinstance(value, dict):
        for key, member in value.items():
            if key not in DEMANDED:
                yield path + (key,)
            yield from lacking(member, path + (key,))
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from lacking(member, path + (number,))


def without(pod, path):
    pod = copy.deepcopy(pod)
    at = pod
    for key in path[:-1]:
        at = at[key]
    del at[path[-1]]
    return pod


def check_errors(required, folder):
    """An error refuses a pod: whatever a pod lacks, there is none."""
    failed, tried = [], 0
    for name, pod in shapes(folder):
        for path in lacking(pod):
            if len(path) > 1:
                tried += 1
                try:
                    required.refusals(without(pod, path))
                except cel.CelError as error:
                    failed.append((name, path, error))
    check(f"no pod makes an expression fail ({tried} that lack something)", [], failed)


def check_namespaces(required):
    expected = {str(case): case[0] not in SYSTEM_NAMESPACES and
                case[1].get("dormouse.dev/injection") == "required" and case[2].get("dormouse.dev/inject") != "false"
                for case in ((name, labels, pod) for name, labels in NAMESPACES for pod in LABELS)}
    found = {str((name, labels, pod)): required.asked(labels, pod) for name, labels in NAMESPACES for pod in LABELS}
    check(f"only in namespaces labelled required, and of no pod that opted out ({len(found)} cases)", expected, found)


def check_words(required):
    plain = {"metadata": {"name": "a", "namespace": "shop"}, "spec": {"containers": [{"name": "app"}]}}
    said, = required.refusals(plain)
    for part in ("namespace shop ", "kubectl label --overwrite namespace shop dormouse.dev/injection=enabled",
                 'dormouse.dev/inject: "false"', "kubectl -n dormouse-system get pods", "limit-range", "resource-quota",
                 "dormouse.dev/resources: cpu=5m,memory=8Mi", "app.kubernetes.io/name=dormouse-injector"):
        check(f"whoever is refused reads: {part}", True, part in said)
    check(f"and no more than an Event takes ({len(said)})", True, len(said) <= MESSAGE_MAX)
    plain["metadata"]["annotations"] = {"policy.dormouse.dev/left-out": "the image is nowhere"}
    check("what the injecting policy says is passed on", True, "(the image is nowhere)" in required.refusals(plain)[0])
    plain["metadata"]["annotations"] = {"policy.dormouse.dev/left-out": "two\nlines"}
    check("unless it cannot be", [required.spec["validations"][0]["message"]], required.refusals(plain))


def main():
    injector, manifests, folder = sys.argv[1:]
    required = Required(os.path.join(manifests, "required", "policy.yaml"))
    policy, = read([os.path.join(manifests, "policy", "policy.yaml")])
    check("it refuses, also when it fails", ("Fail", ["Deny"], required.name, "Forbidden"), (
        required.spec["failurePolicy"], required.binding["validationActions"], required.binding["policyName"],
        required.spec["validations"][0]["reason"]))
    check("pods are let off for what the injecting policy lets them off", [
        one for one in policy["spec"]["matchConditions"] if one["name"] not in ("not-injected", "not-left-out")],
        required.spec["matchConditions"])
    check("it is asked as they are created", policy["spec"]["matchConstraints"], required.spec["matchConstraints"])
    check_pods(required, injector, folder)
    check_errors(required, folder)
    check_namespaces(required)
    check_words(required)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
