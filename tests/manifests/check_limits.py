#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""A pod that LimitRanges admit without its sidecar is created with it, by the policies, and stays what it is.

    check_limits.py POLICY_FOLDER PODS_FOLDER [WORLDS]

Pods of every shape, and pods and LimitRanges by chance, go through the two policies in either order, with the
LimitRanges in any, and then through LimitRanger. What the sidecar gets is held against the webhook's rules
(sidecar/injector/review/fit.c), and that a pod was left alone against what LimitRanger would have taken."""
import copy
import functools
import glob
import itertools
import json
import math
import os
import random
import sys

import cel
import limit_ranger
import validating
from checks import check, check_selectors, finish
from limit_ranger import amounts, copied, whole
from mutating import Policy, created
from objects import containers_of, read
from pods import PODS
from qos import qos_class, quantity
from validating import without_null

RESOURCES = ("cpu", "memory", "ephemeral-storage")
UNITS = tuple(zip(RESOURCES, ("m", "Mi", "Mi")))
INJECTED, LIMITS, LEFT_OUT = (f"policy.dormouse.dev/{name}" for name in ("injected", "limits", "left-out"))
WORLDS = 200


# --- LimitRanges -----------------------------------------------------------------------
def limit_range(*items, name="limits"):
    return limit_ranger.completed({"metadata": {"name": name}, "spec": {"limits": list(items)}})


def each(**bounds):
    return {"type": "Container", **bounds}


def pods(**bounds):
    return {"type": "Pod", **bounds}


# As in tests/cluster/test_limits.sh, and more.
RANGES = {
    "nothing of a pod": [limit_range({"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}})],
    "a minimum": [limit_range(each(min={"cpu": "50m", "memory": "32Mi"}))],
    "a maximum": [limit_range(each(max={"cpu": "100m", "memory": "64Mi"}))],
    "a maximum below the least": [limit_range(each(max={"cpu": "4m"}))],
    "ratios": [limit_range(each(maxLimitRequestRatio={"cpu": "2", "memory": "1"}))],
    "a ratio that is no whole number": [limit_range(each(maxLimitRequestRatio={"cpu": "1.5"}))],
    "defaults": [limit_range(each(default={"cpu": "200m", "memory": "64Mi"},
                                  defaultRequest={"cpu": "100m", "memory": "64Mi"}))],
    "a maximum for pods": [limit_range(pods(max={"cpu": "100m", "memory": "128Mi"}))],
    "a minimum for pods": [limit_range(pods(min={"memory": "64Mi"}))],
    "a minimum and a maximum for pods": [limit_range(pods(min={"memory": "64Mi"}, max={"memory": "1Gi"}))],
    "a ratio for pods": [limit_range(pods(maxLimitRequestRatio={"cpu": "1.2", "memory": "2"}))],
    "all at once": [limit_range(each(min={"cpu": "20m"}, max={"cpu": "40m"}, maxLimitRequestRatio={"cpu": "1"}))],
    "a default of storage": [limit_range(each(default={"ephemeral-storage": "1Gi"}))],
    "storage": [limit_range(each(default={"ephemeral-storage": "1Gi"}), pods(max={"ephemeral-storage": "4Gi"}))],
    "storage in short supply": [limit_range(each(default={"ephemeral-storage": "1Gi"}),
                                            pods(max={"ephemeral-storage": "2Gi"}))],
    "two that agree": [limit_range(each(min={"memory": "32Mi"}), name="a"),
                       limit_range(each(max={"memory": "1Gi", "cpu": "2"}), pods(max={"cpu": "4"}), name="b")],
    "two that say the same otherwise": [limit_range(each(min={"memory": "64Mi"}), name="a"),
                                        limit_range(each(min={"memory": "67108864", "cpu": "0.01"}), name="b")],
    "three": [limit_range(each(default={"cpu": "200m"}), name="a"), limit_range(each(min={"cpu": "5m"}), name="b"),
              limit_range(pods(max={"cpu": "10"}), each(maxLimitRequestRatio={"cpu": "4"}), name="c")],
}


# --- the webhook's rules -----------------------------------------------------------------
def amount(value, name, up=True):
    number = quantity(value) * (1000 if name == "cpu" else 1)
    return math.ceil(number) if up else math.floor(number)


def bound(limit_ranges, kind, member, name, choose, up):
    found = [amount(item[member][name], name, up) for one in limit_ranges for item in one["spec"]["limits"]
             if item["type"] == kind and name in item.get(member, {})]
    return choose(found) if found else None


def ratio_of(limit_ranges, kind, name):
    return min((quantity(item["maxLimitRequestRatio"][name]) for one in limit_ranges for item in one["spec"]["limits"]
                if item["type"] == kind and name in item.get("maxLimitRequestRatio", {})), default=None)


def fitted(name, wish, pod, limit_ranges):
    """(request, limit or None) of a resource, or None, as fits() has it. `pod` is without the sidecar."""
    container, all_of = (functools.partial(bound, limit_ranges, kind, name=name) for kind in ("Container", "Pod"))
    base = [int(whole(pod, member).get(name, 0) * (1000 if name == "cpu" else 1)) for member in ("requests", "limits")]
    most = [container(member="max", choose=min, up=False), all_of(member="max", choose=min, up=False)]
    request_max, limit_max = (
        min([math.inf] + [one - less for one, less in zip(most, (0, base[i])) if one is not None]) for i in (0, 1))
    guaranteed = qos_class(pod) == "Guaranteed" and name != "ephemeral-storage"
    ratios = ratio_of(limit_ranges, "Container", name), ratio_of(limit_ranges, "Pod", name)
    request = max(wish[0], container(member="min", choose=max, up=True) or 0)
    if request > request_max:
        return None
    demanded = (ratios[0], most[0], container(member="default", choose=min, up=True)) != (None, None, None)
    if not (name == "memory" or demanded or all(name in amounts(one, "limits") for one in containers_of(pod))):
        return request, None
    limit = max(wish[1], request, (all_of(member="min", choose=max, up=True) or 0) - base[1])
    limit = min(limit, limit_max, request_max if guaranteed else math.inf)
    request = limit if guaranteed and limit >= request else request
    if limit < request:
        return None
    needed = [math.ceil(limit / ratios[0])] if ratios[0] is not None else []
    needed += [math.ceil((base[1] + limit) / ratios[1]) - base[0]] if ratios[1] is not None else []
    request = max([request] + [min(one, request_max, limit) for one in needed])
    if ratios[0] is not None:
        limit = min(limit, math.floor(request * ratios[0]))
    if ratios[1] is not None:
        limit = min(limit, math.floor((base[0] + request) * ratios[1]) - base[1])
    return (request, limit) if limit >= request else None


SIZES = [{"cpu": (10, 50), "memory": (16 << 20, 16 << 20)}, {"cpu": (5, 20), "memory": (8 << 20, 8 << 20)}]


def webhooks_size(pod, limit_ranges, asked):
    """{resource: (request, limit)}, None: the pod is left alone. asked: {resource: amount}. Of a BestEffort pod's
    storage the webhook says nothing, and where LimitRanger's default is too much the pod is refused: here it is
    fitted."""
    wishes = [{**size, **{name: (value, value) for name, value in asked.items()}} for size in SIZES]
    if qos_class(pod) == "BestEffort":
        wishes = [{}]
    if all("ephemeral-storage" in amounts(one, "requests") for one in containers_of(pod)):
        wishes = [{**size, "ephemeral-storage": (8 << 20, 64 << 20)} for size in wishes]
    for wish in wishes:
        size = {name: fitted(name, wish[name], pod, limit_ranges) for name in wish}
        if None not in size.values():
            return size
    return None


def anything_does(pod, limit_ranges, scarce):
    """Whether the least size, or more of it, would be admitted, tried out for the resource that was said not to fit."""
    least, most = {"cpu": (5, 20), "memory": (8, 8), "ephemeral-storage": (8, 64)}[scarce]
    unit = {"cpu": "m"}.get(scarce, "Mi")
    only = copy.deepcopy(limit_ranges)
    for item in (item for one in only for item in one["spec"]["limits"]):
        for member in set(item) - {"type"}:
            item[member] = {name: value for name, value in item[member].items() if name == scarce}
    needs_limit = scarce == "memory" or all(scarce in amounts(one, "limits") for one in containers_of(pod))
    for request in range(least, 200):
        for limit in ([] if needs_limit else [None]) + list(range(request, max(request, most) + 1)):
            resources = {"requests": {scarce: f"{request}{unit}"}}
            if limit:
                resources["limits"] = {scarce: f"{limit}{unit}"}
            if qos_class(pod) == "Guaranteed" and limit != request and scarce != "ephemeral-storage":
                continue
            sidecar = {"name": "dormouse", "restartPolicy": "Always", "resources": resources}
            with_it = copied(pod)
            with_it["spec"]["initContainers"] = [sidecar] + with_it["spec"].get("initContainers", [])
            if not limit_ranger.refusals(limit_ranger.admitted(with_it, only), only):
                return True
    return False


# --- what the policies do ----------------------------------------------------------------
def sidecar_of(pod):
    return next((one for one in pod["spec"].get("initContainers", []) if one["name"] == "dormouse"), None)


def size_of(sidecar):
    """{resource: (request, limit)}, as webhooks_size() has it."""
    size = {}
    for name in RESOURCES:
        one = [amounts(sidecar, member).get(name) for member in ("requests", "limits")]
        if one != [None, None]:
            size[name] = tuple(None if value is None else amount(str(value), name) for value in (
                None if value is None else format(float(value), ".6f") for value in one))
    return size


class Policies:
    def __init__(self, inject, limits, settings=None):
        """settings: variables of the first that somebody has set, each by an expression."""
        self.inject, self.limits = Policy(inject, imageLoaded="true", **(settings or {})), Policy(limits)

    def orders(self, limit_ranges):
        """Every order of the policies and of the LimitRanges."""
        for ranges in itertools.permutations(limit_ranges):
            asked = [(self.limits, one) for one in ranges]
            yield [(self.inject, None)] + asked
            yield asked + [(self.inject, None)]


class Result:
    """What became of a pod, and what is wrong with it."""

    def __init__(self, policies, pod, limit_ranges, orders=None, webhook=None, annotations=None, asked=None):
        self.wrong, self.webhook = [], webhook
        self.plain = created(pod, limit_ranges, [], webhook)
        self.admitted = not limit_ranger.refusals(self.plain, limit_ranges)
        if not self.admitted:
            return
        all_orders = list(policies.orders(limit_ranges))
        tried = all_orders if orders is None else orders(all_orders)
        found = [created(pod, limit_ranges, order, webhook, annotations) for order in tried]
        self.pod, self.sidecar = found[0], sidecar_of(found[0])
        self.left_out = self.pod["metadata"].get("annotations", {}).get(LEFT_OUT)
        self.wanted = webhooks_size(self.plain, limit_ranges, asked or {})
        for one in found:
            self.look(one, limit_ranges)
        if len({json.dumps(told_of_by_nobody(one), sort_keys=True) for one in found}) > 1:
            self.wrong.append("what becomes of it depends on the order")

    def look(self, pod, limit_ranges):
        sidecar = sidecar_of(pod)
        self.wrong += limit_ranger.refusals(pod, limit_ranges)
        if qos_class(pod) != qos_class(self.plain):
            self.wrong.append(f"{qos_class(self.plain)}, now {qos_class(pod)}")
        if sidecar and self.wanted is None:
            self.wrong.append(f"the webhook leaves it alone, not {size_of(sidecar)}")
        elif sidecar and self.wanted != self.fitted_size(pod):
            self.wrong.append(f"the webhook's size: {self.wanted}, found {size_of(sidecar)}")
        elif not sidecar and self.wanted is not None:
            self.wrong.append(f"left out, where the webhook fits {self.wanted}")
        if not sidecar and without_reason(pod) != without_null(self.plain):
            self.wrong.append("something else is left of it")

    def fitted_size(self, pod):
        """The sidecar's size. What bounds nothing leaves it as it was added, before other webhooks had their turns;
        and of what it does not ask for it may have a default of nothing."""
        if self.webhook and LIMITS not in pod["metadata"]["annotations"]:
            return self.wanted
        return {name: one for name, one in size_of(sidecar_of(pod)).items() if name in self.wanted or any(one)}


def without_reason(pod):
    pod = copied(pod)
    del pod["metadata"]["annotations"][LEFT_OUT]
    return without_null(pod)


def told_of_by_nobody(pod):
    """Without the reason, which names the LimitRange that was looked at last."""
    pod = copied(pod)
    notes = pod["metadata"].get("annotations", {})
    notes[LEFT_OUT] = LEFT_OUT in notes
    return pod


def texted(pod):
    """Quantities as the API server hands them on."""
    pod = without_null(copied(pod))
    for container in containers_of(pod):
        for member in (container.get("resources") or {}).values():
            if isinstance(member, dict):
                member.update({name: str(value) for name, value in member.items()})
    return pod


# --- pods of every shape -----------------------------------------------------------------
def shapes(folder):
    yield from PODS
    for path in sorted(glob.glob(os.path.join(folder, "*.json"))):
        with open(path, encoding="utf-8") as file:
            pod = json.load(file)
        if pod.get("kind") == "Pod":
            yield os.path.basename(path), pod


def has_own(pod):
    return any(pod["spec"].get("resources", {}).get(member) for member in ("requests", "limits"))


def asked_by(pod):
    """What an annotation that can be read asks for; those in PODS that cannot are known."""
    said = (pod["metadata"].get("annotations") or {}).get("dormouse.dev/resources", "")
    parts = dict(part.split("=") for part in said.split(",")) if said in (
        "cpu=5m,memory=8Mi", "memory=32Mi", "cpu=1m", "memory=8Mi,cpu=20m") else {}
    return {name: amount(value, name) for name, value in parts.items()}


def check_shapes(policies, folder):
    counts = {"admitted": 0, "with": 0, "left out": 0}
    for what, limit_ranges in RANGES.items():
        wrong, seen = [], set()
        for name, pod in shapes(folder):
            pod = texted(pod)
            if has_own(pod) or not policies.inject.matches(pod):
                continue
            # In most LimitRanges one pod of each size, in one all of them.
            size = json.dumps([asked_by(pod), [(one.get("resources"), one.get("restartPolicy"))
                                               for one in containers_of(pod)]])
            if size in seen and what != "two that agree":
                continue
            seen.add(size)
            # Of twelve orders every third, each policy first in two of them.
            result = Result(policies, pod, limit_ranges, lambda orders: orders[::3] if len(orders) > 4 else orders,
                            asked=asked_by(pod))
            wrong += [(name, one) for one in result.wrong]
            counts["admitted"] += result.admitted
            if result.admitted:
                counts["with" if result.sidecar else "left out"] += 1
        check(f"{what}: whoever is admitted is with a sidecar, the webhook's size", [], wrong[:3])
    print("        " + ", ".join(f"{key}: {value}" for key, value in counts.items()))
    check("there were pods of all kinds", True, all(value > 10 for value in counts.values()))


def check_others(policies, folder):
    """Pods that the first policy has no business with, or none with the size of."""
    minimum = RANGES["a minimum"][0]
    changed = []
    for name, pod in shapes(folder):
        pod = texted(pod)
        if has_own(pod) or not policies.inject.matches(pod):
            if policies.inject.matches(pod):
                pod = policies.inject.patched(pod)
            known = limit_ranger.with_requests(without_null(pod))
            changed += [] if policies.limits.patched(pod, minimum) == known else [name]
    check("pods that are not the policy's, or that have resources of their own, are left as they are", [], changed)


# --- by chance ---------------------------------------------------------------------------
class Chance(random.Random):
    def maybe(self, one_in, value):
        return {} if self.randrange(one_in) else value()

    def resources(self, style, most=20):
        """What a container says: 0 nothing, 1 all, 2 anything."""
        if style == 0:
            return {}
        said = {"requests": {}, "limits": {}}
        for name, unit in UNITS if self.randrange(4) == 0 else UNITS[:2]:
            limit = 5 * self.randint(1, most)
            request = self.choice([limit] * 7 + [(limit + 1) // 2]) if style == 1 else self.randint(1, limit)
            if style == 1 or self.randrange(2):
                said["limits"][name] = f"{limit}{unit}"
            if style == 1 or self.randrange(2):
                said["requests"][name] = f"{request}{unit}"
        return {member: value for member, value in said.items() if value}

    def pod(self):
        style = self.randrange(4)
        spec = {"containers": [{"name": f"c{i}", "resources": self.resources(min(style, 2))}
                               for i in range(self.randint(1, 3))]}
        if self.randrange(2):
            spec["initContainers"] = [
                {"name": f"i{i}", "resources": self.resources(min(style, 2), self.choice([20, 80])),
                 **({"restartPolicy": "Always"} if self.randrange(2) else {})} for i in range(self.randint(1, 3))]
        metadata = {"name": "chance", **self.maybe(4, lambda: {"annotations": {"some": "note"}})}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}

    def amounts(self, one_in, least, most):
        return {name: f"{self.randint(least, most)}{unit}" for name, unit in UNITS
                if self.randrange(one_in if name != "ephemeral-storage" else 3 * one_in) == 0}

    def ratios(self, one_in):
        return {name: self.choice(["1", "2", "3", "6", "1.5", "2500m"]) for name in RESOURCES[:2]
                if self.randrange(one_in) == 0}

    def room(self, pod):
        """Maxima for a pod that leave it little or nothing beside what it has."""
        has = whole(limit_ranger.with_requests(pod), "limits")
        return {name: f"{math.ceil(has[name] / quantity('1' + unit)) + self.choice([0, 6, 12, 30, 80])}{unit}"
                for name, unit in UNITS if has.get(name) and self.randrange(4) == 0}

    def limit_range(self, name, pod):
        if self.randrange(5) == 0:
            storage = {"ephemeral-storage": self.choice(["10Mi", "100Mi", "1Gi"])}
            most = {"ephemeral-storage": self.choice(["150Mi", "4Gi"])}
            return limit_range(each(default=storage), pods(max=most), name=name)
        items = [each(min=self.amounts(4, 1, 40), max=self.amounts(6, 20, 150), maxLimitRequestRatio=self.ratios(6),
                      default=self.amounts(4, 10, 100), defaultRequest=self.amounts(6, 5, 50)),
                 pods(min=self.amounts(8, 1, 40), max=self.room(pod), maxLimitRequestRatio=self.ratios(8))]
        self.shuffle(items)
        return limit_range(*({key: value for key, value in item.items() if value or key == "type"} for item in items),
                           name=name)


def proxied(chance):
    """A webhook that adds a container, as a mesh does."""
    container = {"name": "proxy", "resources": chance.resources(2)}

    def add(pod):
        pod = copied(pod)
        pod["spec"]["containers"].append(copy.deepcopy(container))
        return pod
    return add


def between(pod):
    """A webhook that puts volumes before, between and behind those that are there."""
    pod = copied(pod)
    volumes = pod["spec"]["volumes"]
    pod["spec"]["volumes"] = [{"name": "first"}, *volumes[:-1], {"name": "second"}, *volumes[-1:], {"name": "last"}]
    return pod


def check_worlds(policies, worlds):
    counts = dict.fromkeys(("BestEffort", "Burstable", "Guaranteed", "refused anyway", "fitted", "left out"), 0)
    wrong, in_vain = [], []
    for seed in range(worlds):
        chance = Chance(seed)
        pod = chance.pod()
        limit_ranges = [chance.limit_range(f"r{i}", pod) for i in range(chance.choice([1, 1, 2, 2, 3]))]
        webhook = proxied(chance) if chance.randrange(8) == 0 else None

        # All orders now and then; else one with each policy first.
        def some(orders, seed=seed):
            return orders if seed % 10 == 0 else [orders[0], orders[-1]]
        result = Result(policies, pod, limit_ranges, some, webhook)
        if not result.admitted:
            counts["refused anyway"] += 1
            continue
        counts[qos_class(result.plain)] += 1
        counts["fitted" if result.sidecar else "left out"] += 1
        wrong += [(seed, one) for one in result.wrong]
        if not result.sidecar and counts["left out"] <= 40 and anything_does(
                result.plain, limit_ranges, result.left_out.split(":")[0]):
            in_vain.append((seed, result.left_out))
    print("        " + ", ".join(f"{key}: {value}" for key, value in counts.items()))
    check(f"pods and LimitRanges by chance ({worlds}): whoever is admitted is with a sidecar, the webhook's size",
          [], wrong[:5])
    check("where a pod was left alone, no size would have done", [], in_vain[:5])
    check("there were worlds of all kinds", True, all(counts[key] > worlds / 100 for key in counts))


# --- single cases ------------------------------------------------------------------------
ASKING = {"metadata": {"name": "a"}, "spec": {"containers": [
    {"name": "app", "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}}]}}
FULL = {"metadata": {"name": "a"}, "spec": {"containers": [
    {"name": "app", "resources": {"requests": {"cpu": "100m"}, "limits": {"cpu": "100m"}}}]}}


def sized(milli):
    return {"requests": {"cpu": f"{milli}m"}, "limits": {"cpu": f"{milli}m"}}


def job(milli):
    return {"name": "job", "resources": sized(milli)}


def proxy(milli):
    return {"name": "proxy", "restartPolicy": "Always", "resources": sized(milli)}


STATE = "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"


def check_cases(policies, inject, limits, warnings):
    minimum, used_up = RANGES["a minimum"], RANGES["a maximum for pods"]
    for order in policies.orders(minimum):
        pod = created(ASKING, minimum, order)
        check("a minimum is asked for", {"requests": {"cpu": "50m", "memory": "32Mi"}, "limits": {"memory": "32Mi"}},
              sidecar_of(pod)["resources"])
        check("and what was looked at is noted",
              "min.cpu=50m,default.cpu=50m,min.memory=32Mi,default.memory=32Mi",
              pod["metadata"]["annotations"].get(LIMITS))
    told = {LEFT_OUT: "cpu: the sidecar asks for 5m, LimitRange limits leaves 0m"}
    for order in policies.orders(used_up):
        gone = created(FULL, used_up, order)
        check("a pod that has all that it may is left alone", ({"name": "a", "annotations": told}, FULL["spec"]),
              (gone["metadata"], gone["spec"]))
        check("whoever creates it is told", [f"dormouse: the pod was left without its sidecar: {told[LEFT_OUT]}"],
              validating.complaints(warnings, gone))
        own = {"kubectl.kubernetes.io/default-container": "app", "other": "note", "dormouse.dev/interval": "30s"}
        theirs = {**FULL, "metadata": {"name": "a", "annotations": own}}
        check("with its own annotations", {**own, **told}, created(theirs, used_up, order)["metadata"]["annotations"])
    for init, room in (((job(80), proxy(20)), 20), ((proxy(20), job(80)), 0), ((job(10), proxy(80)), 10)):
        # A container that is restarted always is no sidecar.
        pod = {**ASKING, "spec": {"containers": [{**proxy(10), "name": "app"}], "initContainers": list(init)}}
        for order in policies.orders(used_up):
            sidecar = sidecar_of(created(pod, used_up, order))
            check(f"an init container has the sidecars before it, no others: {room}m are left", room,
                  amount(sidecar["resources"]["limits"]["cpu"], "cpu") if sidecar else 0)
    uneven = [limit_range(each(min={"cpu": "11500u"}, max={"cpu": "20500u"}))]
    for order in policies.orders(uneven):
        pod = {**ASKING, "spec": {"containers": [{"name": "app", "resources": {
            "requests": {"cpu": "12m"}, "limits": {"cpu": "15m"}}}]}}
        check("bounds between two sizes", {"cpu": (12, 20), "memory": (16 << 20, 16 << 20)},
              size_of(sidecar_of(created(pod, uneven, order))))
    contrary = [limit_range(each(min={"memory": "32Mi"}), name="a"),
                limit_range(pods(max={"memory": "80Mi"}), name="b")]
    bounded = {**FULL, "spec": {"containers": [{"name": "app", "resources": {
        "requests": {"memory": "60Mi"}, "limits": {"memory": "64Mi"}}}]}}
    for order in policies.orders(contrary):
        said = created(bounded, contrary, order)["metadata"]["annotations"].get(LEFT_OUT, "")
        check("two that cannot both be had", True, said.startswith("memory: the sidecar asks for 32Mi, LimitRange "))
    by_hand = {**ASKING, "spec": {**ASKING["spec"], "initContainers": [
        {"name": "dormouse", "restartPolicy": "Always", "resources": {"requests": {"cpu": "1m", "memory": "8Mi"}}}]}}
    for order in policies.orders(minimum):
        check("a sidecar that somebody added by hand is theirs", by_hand["spec"],
              created(by_hand, minimum, order)["spec"])
    for order in policies.orders(minimum):
        asked = created(ASKING, minimum, order, annotations={"dormouse.dev/resources": "cpu=60m"})
        check("a namespace's wish holds, if it is more", {"cpu": "60m", "memory": "32Mi"},
              sidecar_of(asked)["resources"]["requests"])
    crowded = {**FULL, "spec": {**FULL["spec"], "volumes": [{"name": "dormouse-baselines"}, {"name": "own"}]}}
    for order in policies.orders(used_up):
        names = [one["name"] for one in created(crowded, used_up, order, between)["spec"]["volumes"]]
        check("among volumes of others, only its own are taken out",
              ["dormouse-baselines", "first", "last", "own", "second"], sorted(names))
    stateful = Policies(inject, limits, {"stateVolume": "true"})
    for listed, left in ((None, {}), ("cache", {STATE: "cache"})):
        pod = {**FULL, "metadata": {"name": "a", **({"annotations": {STATE: listed}} if listed else {})}}
        for order in stateful.orders(used_up):
            gone = created(pod, used_up, order)
            check(f"with a volume for the state, beside {listed}, nothing of it is left", ({**left}, None), (
                {key: value for key, value in gone["metadata"]["annotations"].items() if key != LEFT_OUT},
                gone["spec"].get("volumes")))
    size = '{"cpu": "70m", "memory": "40Mi"}'
    larger = Policies(inject, limits, {"requests": size, "limits": size})
    for order in larger.orders(minimum):
        check("the first policy's settings are where it starts from", {"cpu": "70m", "memory": "40Mi"},
              sidecar_of(created(ASKING, minimum, order))["resources"]["requests"])
    others = [limit_range(each(default={"example.com/gpu": "1"}, min={"memory": "32Mi"}))]
    for order in policies.orders(others):
        check("what LimitRanger gives it of other resources it keeps", "1", sidecar_of(
            created(ASKING, others, order))["resources"]["limits"]["example.com/gpu"])


def check_costs(policies, folder):
    """What an expression and all of a policy may cost, with a large pod and many LimitRanges before."""
    pod = texted(next(pod for name, pod in shapes(folder) if name == "many-containers.json"))
    every = {name: "1" for name in RESOURCES}
    full = [limit_range(each(min=every, max=every, maxLimitRequestRatio=every, default=every),
                        pods(min=every, max=every, maxLimitRequestRatio=every), name=f"r{i}") for i in range(2)]
    for what, one in (("fitted", RANGES["two that agree"][0]), ("left out", full[1])):
        marked = policies.inject.patched(pod)
        if what == "left out":
            marked["metadata"]["annotations"][LIMITS] = ",".join(f"{n}.{r}=1" for r in RESOURCES for n in (
                "min", "max", "ratio", "default", "pod-min", "pod-max", "pod-ratio"))
        scope = policies.limits.scope(marked, one, {})
        costs = {}
        for variable in policies.limits.spec["variables"]:
            before = cel.Spent.cost
            scope["variables"].pop(variable["name"], None)
            try:
                scope["variables"][variable["name"]] = cel.evaluate(variable["expression"], scope)
            except cel.CelError:
                pass
            costs[variable["name"]] = cel.Spent.cost - before
        before = cel.Spent.cost
        patch = cel.evaluate(policies.limits.spec["mutations"][0]["jsonPatch"]["expression"], scope)
        costs["patch"] = cel.Spent.cost - before
        dearest = max(costs, key=costs.get)
        check(f"{what}: of {len(containers_of(marked))} containers {dearest} costs the most, {costs[dearest]}, "
              f"all {sum(costs.values())}", (True, True, what),
              (costs[dearest] < cel.CALL_LIMIT / 4, sum(costs.values()) < cel.POLICY_LIMIT / 4,
               "left out" if patch[0]["op"] == "remove" else "fitted"))


def check_objects(inject, limits, bindings):
    check("an error never costs a pod its creation", "Ignore", limits["failurePolicy"])
    check("both are asked again when the pod has changed", ("IfNeeded", "IfNeeded"),
          (inject["reinvocationPolicy"], limits["reinvocationPolicy"]))
    check("its conditions are the first policy's, less what the policies do themselves", [
        one for one in inject["matchConditions"] if one["name"] not in ("not-injected", "not-left-out")],
        limits["matchConditions"])
    check("it is asked as pods are created", inject["matchConstraints"], limits["matchConstraints"])
    check("about the LimitRanges of the pod's namespace", [
        ({"apiVersion": "v1", "kind": "LimitRange"}, {"selector": {}, "parameterNotFoundAction": "Allow"},
         "dormouse-limits")] * 2,
        [(limits["paramKind"], one["spec"]["paramRef"], one["spec"]["policyName"]) for one in bindings])
    check_selectors("its bindings", {one["metadata"]["name"].split("-")[2]: one["spec"]["matchResources"]
                                     for one in bindings})


def main():
    policy_folder, pods_folder, *worlds = sys.argv[1:]
    inject = read([os.path.join(policy_folder, "policy.yaml")])[0]["spec"]
    policy, *bindings = read([os.path.join(policy_folder, "limits.yaml")])
    warnings = read([os.path.join(policy_folder, "warnings.yaml")])[0]["spec"]
    policies = Policies(inject, policy["spec"])
    check_objects(inject, policy["spec"], bindings)
    check_cases(policies, inject, policy["spec"], warnings)
    check_shapes(policies, pods_folder)
    check_others(policies, pods_folder)
    check_costs(policies, pods_folder)
    check_worlds(policies, int(worlds[0]) if worlds else WORLDS)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
