#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The policy does to a pod what the webhook does.

    check_policy.py INJECTOR POLICY_FOLDER OWNERS

Each pod of pods.py goes through the policy's expressions, evaluated by cel.py, and through `INJECTOR inject`; both
leave the same pods alone, and what they make of the others is equal, field by field. OWNERS are the cases of
tests/unit/injector/test_owner.c: which workload a pod belongs to."""
import copy
import json
import os
import re
import subprocess
import sys
import tempfile

import cel
import validating
from checks import check, check_selectors, finish
from objects import read
from pods import PODS


# What the evaluator makes of expressions; None: an error, as in the API server.
EXPRESSIONS = [
    ('1 in [1, 2] && !("a" in {"b": 1})', True), ('[1] + [2]', [1, 2]), ('"a" + 1', None), ('has(o.a) && o.a == 1', True),
    ('has(o.b)', False), ('o.b', None), ('has(o.b.c)', None), ('o.b || true', True), ('true || o.b', True),
    ('o.b && false', False), ('o.b || false', None), ('1 || false', None), ('[1, 2].all(x, x > 0)', True),
    ('[].exists(x, true)', False), ('[1, 2, 3].filter(x, x != 2).map(x, [x])', [[1], [3]]), ('[1][1]', None),
    ('o.a == 1 ? "yes" : "no"', "yes"), ('"a-b".upperAscii().replace("-", "_")', "A_B"), ('"AbÄ".lowerAscii()', "abÄ"), ('"a".trim()', None),
    ('"abc".substring(1)', "bc"), ('"abc".substring(0, 2)', "ab"), ('"abc".substring(3)', ""), ('"abc".substring(0, 4)', None),
    ('"abc".substring(2, 1)', None), ('"abc".substring(-1)', None), ('1.lowerAscii()', None),
    ('jsonpatch.escapeKey("a/b~c")', "a~1b~0c"), ('[1, 2,]', [1, 2]), ('(1', None), ('1 1', None), ("'it\\'s'", "it's"),
    ('Object.a{b: Object.a.b{c: 1}}', {"b": {"c": 1}}), ('Object.a{b: Object.a.c{c: 1}}', None),
    ('Object.a{b: [Object.a.b{}, Object.b{}]}', None), ('"a:1".endsWith(":" + string(1))', True),
    ('[1, 2].size() + 1', 3), ('"ab".contains("b")', True), ('5 - 2 * 2', 1), ('5 - 2 - 2', 1), ('1 - 1.0', None),
    ('0.5 * 3.0', 1.5), ('[0.5, 1.0].sum() <= 1.5', True), ('1 >= 2', False), ('1 < "a"', None), ('"a" in "ab"', None),
    ('int("007")', 7), ('int("9223372036854775808")', None), ('int("7x")', None), ('double("1.")', 1.0),
    ('double(".")', None), ('bytes("é").size()', 2), ('"é".size()', 1), ('"a,b".split(",").join(";")', "a;b"),
    ('"a1b22".findAll("[0-9]+")', ["1", "22"]), ('"a1b22".find("[0-9]+$")', "22"), ('"ab".find("[0-9]")', ""),
    (r'"a.b".matches(r"^a\.b$")', True), (r'"a\nb".matches("^a.b$")', False), ('"1\n".matches("^1$")', False),
    (r'"1".matches(r"\d")', None), ('"1".matches("(?i)1")', None), ('"1".matches("1*?")', None), ('1.matches("1")', None),
    ('isQuantity("8Mi") && !isQuantity("8mi") && !isQuantity("")', True), ('isIP("::1")', None),
    ('quantity("0.5").compareTo(quantity("500m"))', 0), ('quantity("1Ki").compareTo(quantity("1k"))', 1),
    ('quantity(1)', None), ('isQuantity(1)', None), ('quantity("1") == "1"', False), ('string(quantity("1"))', None),
    ('string(1.5)', None), ('string(15)', "15"), ('1.compareTo(2)', None), ('quantity("50m").asApproximateFloat()', 0.05),
    ('"1".asApproximateFloat()', None), ('[1, 2.0]', None), ('["a", 1]', None), ('[["a"], [1]]', None), ('[[], [1]]', [[], [1]]),
    ('{"a": 1, "b": "c"}', None), ('["a"] + [1]', None), ('[2, 1].min()', 1), ('[0.5, 2.5].max()', 2.5), ('[].min()', None),
    ('[0.0].max() < -1.0', False), ('["a", "b"].indexOf("b")', 1), ('["a"].indexOf("b")', -1), ('7 / 2', 3), ('-7 / 2', -3),
    ('-7 % 2', -1), ('7.0 / 2.0', 3.5), ('1 / 0', None), ('1 / 2.0', None), ('int(1.9)', 1), ('int(-1.9)', -1),
    ('int(9300000000000000000.0)', None), ('double(2)', 2.0), ('[1].map(namespace, 1)', None), ('in', None),
    ('[].sum() + 0.5', None), ('[object.a, 1]', None), ('[object.a, object.b]', [1, 2]), ('[int(object.a), 1]', [1, 1]),
    ('{"a": object.a, "b": 1}', None), ('object.c.map(x, [x, 1])', None), ('object.c.map(x, x).filter(x, true)[0] + 1', 2),
    ('[object.c.map(x, x)[0], 1]', None), ('[true ? object.a : 2, 1]', None), ('[1].map(object, [object, 2])', [[1, 2]])]
# What the policy says of itself, which the injector has no need of.
MARK = "policy.dormouse.dev/injected"


def value_of(expression):
    try:
        return cel.evaluate(expression, {"o": {"a": 1}, "object": {"a": 1, "b": 2, "c": [1]}})
    except cel.CelError:
        return None


def injected(injector, pods, template=None):
    """What the injector makes of them, as native sidecars."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": pods})
    with_template = [f"--template={template}"] if template else []
    run = subprocess.run([injector, "inject", "--native-sidecar=yes", "--namespace=dormouse-system", *with_template],
                         input=text, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True)
    return json.loads(run.stdout)["items"]


class Policy:
    """A MutatingAdmissionPolicy of JSON Patches."""

    def __init__(self, spec, **settings):
        """settings: variables that somebody has set, each by an expression."""
        self.spec = copy.deepcopy(spec)
        for variable in self.spec["variables"]:
            variable["expression"] = settings.pop(variable["name"], variable["expression"])
        if settings:
            raise ValueError(f"no such variables: {settings}")

    @staticmethod
    def scope(pod):
        namespace = pod["metadata"].get("namespace", "default")
        return {"object": pod, "request": {"namespace": namespace}, "namespaceObject": {"metadata": {"name": namespace}}}

    def matches(self, pod):
        return all(cel.evaluate(condition["expression"], self.scope(pod))
                   for condition in self.spec["matchConditions"])

    def patched(self, pod, namespace_annotations=None):
        scope = self.scope(pod)
        if namespace_annotations:
            scope["namespaceObject"]["metadata"]["annotations"] = namespace_annotations
        variables = scope["variables"] = {}
        for variable in self.spec["variables"]:
            variables[variable["name"]] = cel.evaluate(variable["expression"], scope)
        pod = copy.deepcopy(pod)
        for mutation in self.spec["mutations"]:
            for operation in cel.evaluate(mutation["jsonPatch"]["expression"], {**scope, "object": pod}):
                add(pod, operation)
        return pod


EVICTABLE = "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"


def add(pod, operation):
    """RFC 6902, "add" only: the policy has nothing else."""
    if operation["op"] != "add":
        raise ValueError(f"{operation['op']}: the policy only adds")
    at = pod
    *path, last = [key.replace("~1", "/").replace("~0", "~") for key in operation["path"].split("/")[1:]]
    for key in path:
        at = at[int(key)] if isinstance(at, list) else at[key]
    if isinstance(at, list):
        at.insert(len(at) if last == "-" else int(last), operation["value"])
    elif last in at and last != EVICTABLE:
        raise ValueError(f"{operation['path']} is there already")
    else:
        at[last] = operation["value"]


def without_nothing(value):
    """Without empty objects, which to the API server are the same as none."""
    if isinstance(value, dict):
        members = {key: without_nothing(member) for key, member in value.items()}
        return {key: member for key, member in members.items() if member != {}}
    return [without_nothing(member) for member in value] if isinstance(value, list) else value


def unmarked(pod):
    """Without the mark."""
    pod = copy.deepcopy(pod)
    del pod["metadata"]["annotations"][MARK]
    return pod


def sidecar_of(pod):
    return next((one for one in pod["spec"].get("initContainers", []) if one["name"] == "dormouse"), None)


def check_pods(policy, injector):
    for (name, pod), expected in zip(PODS, injected(injector, [pod for _, pod in PODS])):
        if policy.matches(pod):
            check(f"{name}: injected alike", without_nothing(expected), without_nothing(unmarked(policy.patched(pod))))
            check(f"{name}: not injected twice", False, policy.matches(policy.patched(pod)))
        else:
            check(f"{name}: left alone", pod, expected)


def variable_of(pod, name):
    return next((one["value"] for one in sidecar_of(pod)["env"] if one["name"] == name), "")


def paths_of(pod):
    """The paths that the sidecar finds files of the ConfigMap at."""
    mounts = {mount["name"]: mount["mountPath"] for mount in sidecar_of(pod)["volumeMounts"]}
    return [f"{mounts[volume['name']]}/{item['path']}" for volume in pod["spec"]["volumes"]
            if volume.get("configMap", {}).get("name") == "dormouse-baselines" for item in volume["configMap"]["items"]
            if volume["configMap"]["optional"] is True and item["key"] == item["path"]]


def check_owners(policy, injector, path):
    with open(path, encoding="utf-8") as file:
        cases = json.load(file)
    pods = [validating.without_null({**PODS[0][1], "metadata": case["metadata"]}) for case in cases]
    for case, pod, expected in zip(cases, pods, injected(injector, pods)):
        found = policy.patched(pod)
        check(f"{case['case']}: {case['workload'] or 'of nobody'}"[:100], case["workload"],
              variable_of(found, "DORMOUSE_WORKLOAD"))
        path = "/etc/dormouse/baselines/" + case["key"] if case["key"] else ""
        check(f"{case['case']}: its baseline", (path, [path] if path else []),
              (variable_of(found, "DORMOUSE_BASELINE"), paths_of(found)))
        check(f"{case['case']}: the injector's is the same", without_nothing(expected), without_nothing(unmarked(found)))


def check_namespaces(policy):
    """What a namespace's annotation says holds where the pod's does not."""
    pods = dict(PODS)
    for annotation, pod, expected in (("cpu=5m", "Burstable", "5m"), ("lots", "Burstable", "10m"),
                                      ("cpu=5m", "Burstable, and asks for cpu=1m", "1m"),
                                      ("cpu=5m", "Burstable, and asks for lots", "5m"),
                                      ("cpu=5m", "Guaranteed", "5m")):
        said = policy.patched(pods[f"a pod that is {pod}"], {"dormouse.dev/resources": annotation})
        check(f"a namespace says {annotation}: {pod}", expected, sidecar_of(said)["resources"]["requests"]["cpu"])


def check_state(spec, injector):
    """With a volume for the state, as a template of the injector's says it."""
    policy = Policy(spec, imageLoaded="true", stateVolume="true")
    pods = [pod for _, pod in PODS if policy.matches(pod)]
    pods.append({**pods[0], "metadata": {"name": "listed", "annotations": {EVICTABLE: "cache"}}})
    with tempfile.NamedTemporaryFile("w", suffix=".json") as template:
        template.write('{"stateVolume": true}')
        template.flush()
        check("with a volume for the state: the same", without_nothing(injected(injector, pods, template.name)),
              [without_nothing(unmarked(policy.patched(pod))) for pod in pods])
    check("the volume does not hold the pod", "cache,dormouse-state", policy.patched(pods[-1])["metadata"]["annotations"][EVICTABLE])


def listens(port, annotations=None, protocol=None, **more):
    """A pod whose second container has that port."""
    ports = [{"containerPort": port, **({"protocol": protocol} if protocol else {}), **more}]
    pod = copy.deepcopy(PODS[0][1])
    pod["metadata"]["annotations"] = annotations or {}
    pod["spec"]["containers"][1]["ports"] = ports
    pod["spec"]["initContainers"] = [{"name": "first", "image": "first:1", "ports": ports}]
    return pod


PORTS = [
    listens(80), listens(9477), listens(9478), listens(477), listens(9477, protocol="TCP"), listens(9477, protocol="UDP"),
    listens(8080, hostPort=9477), listens(9477, {"dormouse.dev/listen": "[::]:7001"}),
    listens(7001, {"dormouse.dev/listen": ":7001"}), listens(9477, {"dormouse.dev/listen": ""}),
    listens(9478, {"dormouse.dev/alert-listen": "127.0.0.1:1"}), listens(1, {"dormouse.dev/alert-listen": "127.0.0.1:1"})]


def conflicts_told(injector, pod):
    """The containers with a port of the sidecar's, as the injector warns of them."""
    run = subprocess.run([injector, "inject", "--native-sidecar=yes", "--image-loaded"], input=json.dumps(pod),
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True, text=True)
    return re.findall(r"dormouse: container (\S+): port", run.stderr)


def check_warnings(folder, policy, unset, injector):
    spec, binding = (one["spec"] for one in read([os.path.join(folder, "warnings.yaml")]))
    for pod in PORTS:
        what = f"port {pod['spec']['containers'][1]['ports'][0]}, {pod['metadata']['annotations']}"
        patched = policy.patched(pod)
        told, containers = validating.complaints(spec, patched), conflicts_told(injector, pod)
        check(f"{what}: as the injector warns", sorted(containers), sorted(
            validating.scope_of(spec, patched)["variables"]["conflicts"]))
        check(f"{what}: warned of", bool(containers), bool(told and told[0].startswith("dormouse: container ")))
        check(f"{what}: without a sidecar nothing is said", [], validating.complaints(spec, pod))
    for name, pod in PODS:
        if policy.matches(pod):
            check(f"{name}: nothing is warned of", [], validating.complaints(spec, policy.patched(pod)))
            check(f"{name}: an image that no registry has is told of", 1,
                  len(validating.complaints(spec, unset.patched(pod))))
    check("warnings never refuse a pod", ("Ignore", ["Warn"], "dormouse-warnings"),
          (spec["failurePolicy"], binding["validationActions"], binding["policyName"]))


def main():
    injector, folder, owners = sys.argv[1:]
    spec = read([os.path.join(folder, "policy.yaml")])[0]["spec"]
    bindings = read([os.path.join(folder, "bindings.yaml")])
    policy = Policy(spec, imageLoaded="true")
    plain = PODS[0][1]
    check("with an image that no registry has, a pod is told of it and left as it is",
          {**plain, "metadata": {**plain["metadata"], "annotations": {"policy.dormouse.dev/left-out":
           "the sidecar's image dormouse:0.1.0 names no registry: see imageLoaded in the policy"}}},
          Policy(spec).patched(plain))
    check("with one that a registry has, it is injected", "registry.example/dormouse:1",
          sidecar_of(Policy(spec, image='"registry.example/dormouse:1"').patched(plain))["image"])
    check("expressions are read as the API server does", EXPRESSIONS,
          [(expression, value_of(expression)) for expression, _ in EXPRESSIONS])
    asking = dict(PODS)["a pod that is Burstable"]
    ours, theirs = sidecar_of(policy.patched(asking)), sidecar_of(injected(injector, [asking])[0])
    for field in sorted({*ours, *theirs}):
        check(f"the container's {field}", theirs.get(field), ours.get(field))
    check("its members stand in the same order", list(theirs), list(ours))
    check_pods(policy, injector)
    check_owners(policy, injector, owners)
    check_namespaces(policy)
    check_state(spec, injector)
    check_warnings(folder, policy, Policy(spec), injector)
    check("an error never costs a pod its creation", "Ignore", spec["failurePolicy"])
    check("the bindings are the policy's", {"dormouse"}, {one["spec"]["policyName"] for one in bindings})
    check_selectors("the bindings", {one["metadata"]["name"].split("-")[1]: one["spec"]["matchResources"]
                                     for one in bindings})
    return finish()


if __name__ == "__main__":
    sys.exit(main())
