# SPDX-License-Identifier: Apache-2.0
"""Pods of every shape that injection has to do with: (name, pod)."""
from restricted import changed


def pod(**metadata):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata,
            "spec": {"containers": [{"name": "app", "image": "example-app:1"}, {"name": "other", "image": "other:1"}]}}


PLAIN = pod(name="plain")
AFFINITY = "spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms"


def term(key, operator, *values):
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


def alternatives(*terms):
    return changed(PLAIN, AFFINITY, [{"matchExpressions": list(expressions)} for expressions in terms])


WINDOWS, LINUX = (term("kubernetes.io/os", "In", os) for os in ("windows", "linux"))
ZONE = term("topology.kubernetes.io/zone", "Exists")


def volumes(*names):
    return changed(PLAIN, "spec/volumes", [{"name": name, "emptyDir": {}} for name in names])


def asking(*resources, annotation=None, init=()):
    """A pod whose containers have these resources, and whose init containers have those of `init`."""
    spec = {"containers": [{"name": f"c{i}", "image": "c:1", "resources": one} for i, one in enumerate(resources)]}
    if init:
        spec["initContainers"] = [{"name": f"i{i}", "image": "i:1", "resources": one} for i, one in enumerate(init)]
    metadata = {"name": "asking", **({"annotations": {"dormouse.dev/resources": annotation}} if annotation else {})}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


WHOLE = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "0.1", "memory": "64Mi"}}
LIMITS = {"limits": {"cpu": "1", "memory": "1Gi"}}
CPU_LIMIT = {"requests": {"cpu": "10m"}, "limits": {"cpu": "1"}}
REQUESTS = {"requests": {"cpu": "10m", "memory": "1Gi"}}
NOTHING = {"requests": {"cpu": "0", "memory": "0"}}
SIZES = [("Guaranteed", (WHOLE, LIMITS)), ("Guaranteed with an init container", (WHOLE,)), ("Burstable", (REQUESTS,)),
         ("Burstable with a limit of CPU", (CPU_LIMIT,)), ("Burstable in part", (WHOLE, {})),
         ("Burstable with limits of CPU in part", (CPU_LIMIT, REQUESTS)), ("BestEffort that says so", (NOTHING, {})),
         ("memory only", ({"limits": {"memory": "1Gi"}},))]

PODS = [
    ("a plain pod", PLAIN),
    ("a pod of a ReplicaSet", {**PLAIN, "metadata": {"generateName": "plain-", "labels": {"app": "x"}}}),
    ("a pod with annotations", pod(name="a", annotations={"dormouse.dev/interval": "30s", "example.com/a~b": "c"})),
    ("a pod with no annotation in its annotations", pod(name="a", annotations={})),
    ("a pod with a default container", pod(name="a", annotations={
        "kubectl.kubernetes.io/default-container": "other"})),
    ("a pod with init containers", changed(PLAIN, "spec/initContainers", [{"name": "first", "image": "first:1"}])),
    ("a pod with another's native sidecar", changed(PLAIN, "spec/initContainers", [
        {"name": "proxy", "image": "proxy:1", "restartPolicy": "Always"}])),
    ("a pod with volumes", volumes("data", "cache")),
    ("a pod with a volume of that name", volumes("dormouse-empty")),
    ("a pod with two volumes of such names", volumes("dormouse-empty", "x", "dormouse-empty-1")),
    ("a pod with a volume of the second name", volumes("dormouse-empty-1")),
    ("a pod with a volume of the baselines' name", volumes("dormouse-baselines", "x", "dormouse-empty")),
    ("a pod with volumes of both names", volumes("dormouse-baselines-1", "dormouse-empty", "dormouse-baselines")),
    ("a pod without a name", pod()),
    ("a pod whose name makes too long a key", pod(name="n" * 250)),
    ("a pod with resources of its own", changed(PLAIN, "spec/resources", {"limits": {"cpu": "1", "memory": "1Gi"}})),
    ("a pod that asks for resources of its own", changed(PLAIN, "spec/resources", {"requests": {"cpu": "1"}})),
    ("a pod of a Job", pod(name="a", ownerReferences=[
        {"apiVersion": "batch/v1", "kind": "Job", "name": "j", "uid": "1", "controller": True}])),
    ("a pod for Linux", changed(PLAIN, "spec/os", {"name": "linux"})),
    ("a pod for Linux nodes", changed(PLAIN, "spec/nodeSelector", {"kubernetes.io/os": "linux", "a": "windows"})),
    ("a pod on the host's network", changed(PLAIN, "spec/hostNetwork", True)),
    ("a pod said not to be on the host's network", changed(PLAIN, "spec/hostNetwork", False)),
    ("a pod with the host's processes", changed(PLAIN, "spec/hostPID", True)),
    ("a mirror pod", pod(name="a", annotations={"kubernetes.io/config.mirror": "x"})),
    ("a pod in kube-system", pod(name="a", namespace="kube-system")),
    ("a pod in another namespace of Kubernetes", pod(name="a", namespace="kube-flannel")),
    ("a pod in the injector's namespace", pod(name="a", namespace="dormouse-system")),
    ("a pod in a namespace that only sounds like it", pod(name="a", namespace="kubernetes")),
    ("a Windows pod", changed(PLAIN, "spec/os", {"name": "windows"})),
    ("a pod for Windows nodes", changed(PLAIN, "spec/nodeSelector", {"kubernetes.io/os": "windows"})),
    ("a pod for Windows nodes of old", changed(PLAIN, "spec/nodeSelector", {"beta.kubernetes.io/os": "windows"})),
    ("a pod with Windows options", changed(PLAIN, "spec/securityContext", {
        "windowsOptions": {"runAsUserName": "ContainerUser"}})),
    ("a pod with an affinity to a zone", alternatives([ZONE])),
    ("a pod with an affinity to Windows", alternatives([ZONE, WINDOWS])),
    ("a pod with an affinity to Windows or Linux", alternatives([WINDOWS], [LINUX])),
    ("a pod with an affinity to both at once", alternatives([term("kubernetes.io/os", "In", "windows", "linux")])),
    ("a pod with an affinity to what is not Linux", alternatives([term("kubernetes.io/os", "NotIn", "linux")])),
    ("a pod with an affinity to a named node", changed(PLAIN, AFFINITY, [
        {"matchFields": [term("metadata.name", "In", "node-1")]}])),
    ("a pod with an affinity between pods", changed(PLAIN, "spec/affinity", {"podAntiAffinity": {}})),
    ("a pod that has the container", changed(PLAIN, "spec/containers", [
        {"name": "app", "image": "a:1"}, {"name": "dormouse", "image": "dormouse:0.1.0"}])),
    ("a pod that has the init container", changed(PLAIN, "spec/initContainers", [
        {"name": "dormouse", "image": "dormouse:0.1.0"}])),
] + [(f"a pod that is {name}", asking(*resources)) for name, resources in SIZES] + [
    (f"a pod that is {name}, and asks for {annotation}", asking(*resources, annotation=annotation))
    for name, resources in SIZES for annotation in ("cpu=5m,memory=8Mi", "memory=32Mi", "cpu=1m", "cpu=1m,cpu=2m", "lots",
                                                    "cpu=5m,memory=4Mi", "cpu=0", "memory=8Mi,cpu=20m", "cpu=5m,")] + [
    (f"a pod with init containers {name}", asking(*resources, init=resources)) for name, resources in SIZES] + [
    (f"a pod with init containers {name} beside others", asking(WHOLE, init=resources)) for name, resources in SIZES]
