#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Sends the pods of pods/ through the webhook and through `dormouse-injector inject`, and compares.

    pods.py INJECTOR LABELLED PLAIN MINOR    two namespaces, one labelled for injection; the server's version 1.MINOR

Each pod is created in both namespaces, as a dry run: what the server makes of it without Dormouse, taken from what it
makes of it with Dormouse, must leave nothing but the container, its volumes and an annotation. Prints a line "ok ..." or
"FAILED ..." for each pod and each way."""
import copy
import glob
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "manifests"))
import qos  # noqa: E402
import restricted  # noqa: E402

DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
# By native sidecars only, which came with 1.29. Older servers refuse them in other init containers.
SIDECARS_ONLY = ("startupProbe", "livenessProbe", "readinessProbe", "lifecycle")


class Wrong(Exception):
    """What is not as it should be, in a few words."""


def run(command, text):
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


# --- comparing ----------------------------------------------------------------------------------------------------

def without_nothing(value):
    """Null, {} and [] are as good as absent."""
    if isinstance(value, dict):
        members = {key: without_nothing(member) for key, member in value.items()}
        return {key: member for key, member in members.items() if member not in (None, {}, [])}
    return [without_nothing(member) for member in value] if isinstance(value, list) else value


def without_chance(pod, namespace):
    """A server's answer without what differs each time: names that it made up, times, the token's volume."""
    text = json.dumps(pod).replace(f'"{namespace}"', '"NAMESPACE"')
    text = re.sub(r'"(kube-api-access|default-token)-[a-z0-9]{5}"', r'"\1"', text)
    pod = json.loads(text)
    for key in ("uid", "creationTimestamp", "managedFields", "selfLink", "resourceVersion"):
        pod["metadata"].pop(key, None)
    if "generateName" in pod["metadata"]:
        pod["metadata"].pop("name", None)
    # Servers from 1.19 to 1.26 write down each container's seccomp profile a second time.
    (pod["metadata"].get("annotations") or {}).pop("container.seccomp.security.alpha.kubernetes.io/dormouse", None)
    pod.pop("status", None)
    return pod


def taken_out(pod, native):
    """(the pod without its sidecar, the container, its volumes), the sidecar found where it belongs."""
    pod = copy.deepcopy(pod)
    spec = pod["spec"]
    if native:
        container = spec["initContainers"].pop(0)
    else:
        container = spec["containers"].pop()
    if container["name"] != "dormouse":
        raise Wrong(f"the sidecar is not where it belongs: there is {container['name']}")
    names = [mount["name"] for mount in container["volumeMounts"]]
    volumes = [volume for volume in spec["volumes"] if volume["name"] in names]
    spec["volumes"] = [volume for volume in spec["volumes"] if volume not in volumes]
    if [volume["name"] for volume in volumes] != names:
        raise Wrong(f"its mounts are of {names}, its volumes: {volumes}")
    return pod, container, volumes


def differences(before, after, path=""):
    """The paths at which two values differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [found for key in sorted(before.keys() | after.keys())
                for found in differences(before.get(key), after.get(key), f"{path}/{key}")]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [found for i, pair in enumerate(zip(before, after)) for found in differences(*pair, f"{path}/{i}")]
    return [] if before == after else [f"{path}: {json.dumps(before)[:80]} became {json.dumps(after)[:80]}"]


def check_class(before, after):
    """A pod keeps its QoS class."""
    was, now = qos.qos_class(before), qos.qos_class(after)
    if now != was:
        raise Wrong(f"its QoS class was {was} and is {now}")
    return f"still {now}"


def check_volumes(container, volumes):
    """An empty one in the place of the token, and the workload's key of a ConfigMap that need not exist."""
    mounts = [mount["mountPath"] for mount in container["volumeMounts"] if mount["readOnly"]]
    if mounts != ["/var/run/secrets/kubernetes.io/serviceaccount", "/etc/dormouse/baselines"]:
        raise Wrong(f"its mounts: {mounts}")
    empty, baselines = volumes
    if "items" in empty.get("downwardAPI", {"items": []}):
        raise Wrong(f"its volume {empty}")
    source = baselines.get("configMap", {})
    variables = {one["name"]: one.get("value") for one in container["env"]}
    paths = [f"{mounts[1]}/{item['path']}" for item in source.get("items", [])]
    if source.get("optional") is not True or paths != [variables.get("DORMOUSE_BASELINE")]:
        raise Wrong(f"its volume {baselines}")


def check_sidecar(container, volumes):
    broken = restricted.complaints({"spec": {"containers": [container], "volumes": volumes}})
    if broken:
        raise Wrong(f"its container breaks the restricted profile: {broken[0]}")
    check_volumes(container, volumes)


def check_injected(before, after, native):
    """Nothing changed but for the sidecar; in a few words, what is to be said of it."""
    first = before["spec"]["containers"][0]["name"]
    if after["spec"]["containers"][0]["name"] != first:
        raise Wrong(f"the first container was {first}")
    rest, container, volumes = taken_out(after, native)
    check_sidecar(container, volumes)
    annotations = rest["metadata"].get("annotations") or {}
    if DEFAULT_CONTAINER not in (before["metadata"].get("annotations") or {}):
        if annotations.pop(DEFAULT_CONTAINER, None) != first:
            raise Wrong(f"{DEFAULT_CONTAINER} is not {first}")
    found = differences(without_nothing(before), without_nothing(rest))
    if found:
        raise Wrong("changed: " + "; ".join(found[:3]))
    if not restricted.complaints(before) and restricted.complaints(after):
        raise Wrong("the pod kept to the restricted profile and does no longer")
    return "injected, nothing else changed, " + check_class(before, after)


def check_outcome(before, after, expected, native):
    names = [container["name"] for member in ("initContainers", "containers")
             for container in after["spec"].get(member) or []]
    if expected == "injected":
        if "dormouse" not in names:
            raise Wrong("was not injected")
        return check_injected(before, after, native)
    found = differences(before, after)
    if found:
        raise Wrong(f"expected to be left alone ({expected}), changed: " + "; ".join(found[:3]))
    return f"left alone: {expected}"


# --- the two ways -------------------------------------------------------------------------------------------------

def by_command(injector, pod, expected, native):
    """dormouse-injector inject, which has defaults for nothing and so changes nothing else at all."""
    command = [injector, "inject", f"--native-sidecar={'yes' if native else 'no'}"]
    status, out, err = run(command, json.dumps(pod))
    if status != 0:
        raise Wrong(f"exit status {status}: {err}")
    after = json.loads(out)
    said = check_outcome(pod, after, expected, native)
    if expected != "injected" and expected not in err:
        raise Wrong(f"expected the reason {expected}, found {err!r}")
    if run(command, out)[1] != out and expected == "injected":
        raise Wrong("a second time changes it again")
    return said


def create(pod, namespace):
    """The server's answer to a dry run, and the warnings with it."""
    path = f"/api/v1/namespaces/{namespace}/pods?dryRun=All&fieldValidation=Ignore"
    status, out, err = run(["kubectl", "create", "--raw", path, "-f", "-"], json.dumps(pod))
    if status != 0:
        raise Wrong(f"the server refuses it in {namespace}: {err.strip()[:300]}")
    return json.loads(out), err


def skips(reason):
    """Reviews that ended so, by the metrics of all replicas."""
    total = 0
    listed = run(["kubectl", "-n", "dormouse-system", "get", "pods", "-o", "name"], "")[1]
    for name in listed.split():
        path = f"/api/v1/namespaces/dormouse-system/pods/{name.removeprefix('pod/')}:8080/proxy/metrics"
        for line in run(["kubectl", "get", "--raw", path], "")[1].splitlines():
            if line.startswith(f'dormouse_injector_reviews_total{{outcome="skipped",reason="{reason}"}}'):
                total += int(line.split()[1])
    return total


def trimmed(pod, minor):
    """(what is sent to a server that knows no native sidecars, what was taken out)."""
    pod, out = copy.deepcopy(pod), []
    for container in pod["spec"].get("initContainers") or [] if minor < 29 else []:
        out += [f"{container['name']}'s {member}" for member in SIDECARS_ONLY if container.pop(member, None)]
    return pod, out


def uninjected(pod, namespace):
    """What the server makes of a pod without us, even of one that asks for us."""
    pod = copy.deepcopy(pod)
    label = (pod["metadata"].get("labels") or {}).pop("dormouse.dev/inject", None)
    made, _ = create(pod, namespace)
    if label:
        made["metadata"]["labels"]["dormouse.dev/inject"] = label
    return made


def by_webhook(pod, labelled, plain, row, minor):
    native = minor >= 29
    pod, out = trimmed(pod, minor)
    before = uninjected(pod, plain)
    expected, field = row["native" if native else "plain"], row["field"]
    if field and field not in before["spec"]:
        expected, out = "injected", out + [field]
    asked = skips(expected) if expected not in ("injected", "opted-out") else None
    after, warnings = create(pod, labelled)
    if asked is not None and skips(expected) <= asked:
        raise Wrong(f"the injector does not count it as {expected}")
    said = check_outcome(without_chance(before, plain), without_chance(after, labelled), expected, native)
    if ("Warning: dormouse: " in warnings) != row["name"].startswith("mistuned"):
        raise Wrong(f"the warnings: {warnings!r}")
    return said + (f" (this server is too old for {', '.join(out)})" if out else "")


# --- all of them --------------------------------------------------------------------------------------------------

def rows():
    with open(os.path.join(HERE, "outcomes"), encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#"):
                name, plain, native, *field = line.split()
                yield {"name": name, "plain": plain, "native": native, "field": field[0] if field else None}


def attempt(name, check, *arguments):
    try:
        print("ok     ", f"{name}: {check(*arguments)}", flush=True)
    except Wrong as wrong:
        print("FAILED ", f"{name}: {wrong}", flush=True)


def main():
    injector, labelled, plain, minor = sys.argv[1:5]
    table = list(rows())
    files = {os.path.basename(path).removesuffix(".json") for path in glob.glob(os.path.join(HERE, "pods", "*.json"))}
    if files != {row["name"] for row in table}:
        print("FAILED  pods without an outcome, or outcomes without a pod:", files ^ {row["name"] for row in table})
    for row in table:
        with open(os.path.join(HERE, "pods", row["name"] + ".json"), encoding="utf-8") as file:
            pod = json.load(file)
        attempt(f"{row['name']}, by command, plain", by_command, injector, pod, row["plain"], False)
        attempt(f"{row['name']}, by command, native", by_command, injector, pod, row["native"], True)
        attempt(f"{row['name']}, by webhook", by_webhook, pod, labelled, plain, row, int(minor))


if __name__ == "__main__":
    main()
