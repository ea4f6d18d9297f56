# SPDX-License-Identifier: Apache-2.0
"""Kubernetes' LimitRanger, written from its source: plugin/pkg/admission/limitranger/admission.go; what it has of a
LimitRange before, pkg/apis/core/v1/defaults.go (SetDefaults_LimitRangeItem); of a pod, PodRequests() and PodLimits() in
staging/src/k8s.io/component-helpers/resource/helpers.go. Pods with resources of their own are not known here."""
import copy
import json

from objects import containers_of
from qos import quantity


def copied(pod):
    """A copy, of all that JSON has."""
    return json.loads(json.dumps(pod))


def completed(limit_range):
    """As the API server keeps it: a missing default is the maximum, a missing default request the default, else the
    minimum."""
    limit_range = copy.deepcopy(limit_range)
    for item in limit_range["spec"]["limits"]:
        if item["type"] == "Container":
            item["default"] = {**item.get("max", {}), **item.get("default", {})}
            item["defaultRequest"] = {**item.get("min", {}), **item["default"], **item.get("defaultRequest", {})}
    return limit_range


def with_requests(pod):
    """As SetDefaults_Pod() leaves it, and every patch: a request that is missing is the limit."""
    pod = copied(pod)
    for container in containers_of(pod):
        resources = container.get("resources") or {}
        missing = {name: value for name, value in (resources.get("limits") or {}).items()
                   if name not in (resources.get("requests") or {})}
        if missing:
            resources["requests"] = {**(resources.get("requests") or {}), **missing}
    return pod


def admitted(pod, limit_ranges):
    """Its turn among the plugins that change a pod: the defaults of all of them."""
    pod = copied(pod)
    for item in (item for one in limit_ranges for item in one["spec"]["limits"] if item["type"] == "Container"):
        for container in containers_of(pod):
            resources = container.setdefault("resources", {})
            for member, defaults in (("limits", "default"), ("requests", "defaultRequest")):
                merged = {**item.get(defaults, {}), **(resources.get(member) or {})}
                if merged:
                    resources[member] = merged
    return pod


# --- its turn among those that refuse one ------------------------------------------------
def amounts(container, member):
    return {name: quantity(value) for name, value in ((container.get("resources") or {}).get(member) or {}).items()}


def add(to, more):
    for name, value in more.items():
        to[name] = to.get(name, 0) + value


def whole(pod, member):
    """What the pod has of it: its containers and its sidecars; or an init container with the sidecars before it."""
    total, before, peak = {}, {}, {}
    for container in pod["spec"]["containers"]:
        add(total, amounts(container, member))
    for container in pod["spec"].get("initContainers") or []:
        own = amounts(container, member)
        if container.get("restartPolicy") == "Always":
            add(total, own)
            add(before, own)
            own = before
        else:
            add(own, before)
        peak = {name: max(own.get(name, 0), peak.get(name, 0)) for name in {*own, *peak}}
    return {name: max(total.get(name, 0), peak.get(name, 0)) for name in {*total, *peak}}


def objections(item, requests, limits):
    """What it has against these amounts."""
    for name, least in item.get("min", {}).items():
        least = quantity(least)
        if name not in requests or requests[name] < least or limits.get(name, least) < least:
            yield f"min {name}"
    for name, most in item.get("max", {}).items():
        most = quantity(most)
        if name not in limits or limits[name] > most or requests.get(name, most) > most:
            yield f"max {name}"
    for name, ratio in item.get("maxLimitRequestRatio", {}).items():
        # In floating point, as there.
        if not requests.get(name) or not limits.get(name) or (
                float(limits[name] * 1000) / float(requests[name] * 1000) * 1000 > float(quantity(ratio) * 1000)):
            yield f"ratio {name}"


def refusals(pod, limit_ranges):
    """Why the pod is not created; none: it is. Validation wants no request above its limit."""
    found = [f"{container['name']}: {name} over its limit" for container in containers_of(pod)
             for name, limit in amounts(container, "limits").items() if amounts(container, "requests")[name] > limit]
    for item in (item for one in limit_ranges for item in one["spec"]["limits"]):
        if item["type"] == "Container":
            for container in containers_of(pod):
                found += [f"{container['name']}: {what}" for what in objections(
                    item, amounts(container, "requests"), amounts(container, "limits"))]
        if item["type"] == "Pod":
            found += [f"pod: {what}" for what in objections(item, whole(pod, "requests"), whole(pod, "limits"))]
    return found
