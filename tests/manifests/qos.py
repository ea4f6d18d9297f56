#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Prints the QoS class that the kubelet gives each pod: Guaranteed, Burstable or BestEffort.

    qos.py [FILE...]         Pods, workloads or Lists, JSON or YAML; standard input without a file
    qos.py --self-test

A line a pod, "OBJECT CLASS". Init containers count like the others, sidecars or not; resources of the pod itself,
where it has any, count alone. A request that is missing takes the limit, as the API server fills it in."""
import functools
import re
import sys
from fractions import Fraction

from objects import containers_of, pods_of, read

UNITS = {"n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000), "": 1}
UNITS |= {unit: 1000**(i + 1) for i, unit in enumerate("kMGTPE")}
UNITS |= {unit + "i": 1024**(i + 1) for i, unit in enumerate("KMGTPE")}


@functools.lru_cache(maxsize=None)
def quantity(value):
    """The number that a quantity such as 100m, 16Mi, 0.5 or 1e3 says, exactly."""
    match = re.fullmatch(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|([A-Za-z]*))", str(value))
    if not match or (match[3] or "") not in UNITS:
        raise ValueError(f"{value}: no quantity")
    return Fraction(match[1]) * (Fraction(10) ** int(match[2]) if match[2] else UNITS[match[3] or ""])


def computed(resources):
    """(requests, limits) of CPU and memory that are more than nothing."""
    limits = {**(resources.get("limits") or {})}
    requests = {**limits, **(resources.get("requests") or {})}
    return [{name: quantity(value) for name, value in one.items()
             if name in ("cpu", "memory") and quantity(value) > 0} for one in (requests, limits)]


def qos_class(pod):
    own = (pod.get("spec") or {}).get("resources")
    each = [computed(own)] if own else [computed(container.get("resources") or {}) for container in containers_of(pod)]
    if not any(requests or limits for requests, limits in each):
        return "BestEffort"
    guaranteed = all(set(limits) == {"cpu", "memory"} for _, limits in each)
    sums = [{name: sum(one[which].get(name, 0) for one in each) for name in ("cpu", "memory")} for which in (0, 1)]
    return "Guaranteed" if guaranteed and sums[0] == sums[1] else "Burstable"


def self_test():
    def pod(*resources, own=None):
        spec = {"containers": [{"name": str(i), "resources": one} for i, one in enumerate(resources[:1])],
                "initContainers": [{"name": str(i), "resources": one} for i, one in enumerate(resources[1:])]}
        return {"kind": "Pod", "spec": {**spec, "resources": own} if own else spec}

    whole = {"cpu": "100m", "memory": "16Mi"}
    same = {"requests": {"cpu": "0.1", "memory": str(16 << 20)}, "limits": whole}
    table = [("nothing asked", pod({}), "BestEffort"),
             ("zero asked", pod({"requests": {"cpu": 0}}), "BestEffort"),
             ("other resources only", pod({"limits": {"ephemeral-storage": "1Gi"}}), "BestEffort"),
             ("limits only", pod({"limits": whole}), "Guaranteed"),
             ("the same in other words", pod(same), "Guaranteed"),
             ("and an init container of the same", pod(same, same), "Guaranteed"),
             ("an init container without", pod(same, {}), "Burstable"),
             ("an init container without memory's limit", pod(same, {"limits": {"cpu": 1}}), "Burstable"),
             ("requests only", pod({"requests": whole}), "Burstable"),
             ("less asked than allowed", pod({"requests": {"cpu": "50m"}, "limits": whole}), "Burstable"),
             ("resources of the pod", pod({}, own={"limits": whole}), "Guaranteed"),
             ("requests of the pod", pod(same, own={"requests": whole}), "Burstable")]
    status = 0
    for name, one, expected in table:
        good = qos_class(one) == expected
        print("ok    " if good else "FAILED", f"{name}: {qos_class(one)}", "" if good else f"expected {expected}")
        status |= not good
    return status


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    for name, pod in pods_of(read(sys.argv[1:])):
        print(name, qos_class(pod))
    return 0


if __name__ == "__main__":
    sys.exit(main())
