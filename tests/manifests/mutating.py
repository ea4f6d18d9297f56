# SPDX-License-Identifier: Apache-2.0
"""MutatingAdmissionPolicies of JSON Patches as the API server runs them, by cel.py: which are asked, in which turn, and
what they see (k8s.io/apiserver, pkg/admission/plugin/policy/mutating/dispatcher.go and reinvocationcontext.go)."""
import copy
import json

import cel
from limit_ranger import admitted, copied, with_requests
from validating import Lazy, without_null


class Policy:
    def __init__(self, spec, **settings):
        """settings: variables that somebody has set, each by an expression."""
        self.spec = copy.deepcopy(spec)
        self.known = {}
        for variable in self.spec["variables"]:
            variable["expression"] = settings.pop(variable["name"], variable["expression"])
        if settings:
            raise ValueError(f"no such variables: {settings}")

    def scope(self, pod, param, annotations):
        namespace = pod["metadata"].get("namespace", "default")
        scope = {"object": pod, "request": {"namespace": namespace},
                 "namespaceObject": {"metadata": {"name": namespace, "annotations": annotations}}}
        if "paramKind" in self.spec:
            scope["params"] = param
        scope["variables"] = Lazy(self.spec, scope)
        return scope

    def matches(self, pod, param=None, annotations=None):
        return self.remembered(self.conditions_hold, pod, param, annotations)

    def patched(self, pod, param=None, annotations=None):
        """The pod after its patches."""
        return self.remembered(self.after_patches, pod, param, annotations)

    def remembered(self, function, *question):
        """The same question has the same answer."""
        key = function.__name__ + json.dumps(question)
        if key not in self.known:
            self.known[key] = function(*question)
        return self.known[key]

    def conditions_hold(self, pod, param, annotations):
        scope = self.scope(pod, param, annotations or {})
        # What a condition has no business with.
        del scope["variables"], scope["namespaceObject"]
        return all(cel.evaluate(one["expression"], scope) for one in self.spec["matchConditions"])

    def after_patches(self, pod, param, annotations):
        for mutation in self.spec["mutations"]:
            scope = self.scope(pod, param, annotations or {})
            pod = applied(pod, cel.evaluate(mutation["jsonPatch"]["expression"], scope))
        return with_requests(without_null(pod))


def applied(pod, patch):
    """RFC 6902, of which "add" and "remove" are known; what is to be removed must be there."""
    pod = copied(pod)
    for operation in patch:
        at = pod
        *path, last = [key.replace("~1", "/").replace("~0", "~") for key in operation["path"].split("/")[1:]]
        for key in path:
            at = at[int(key)] if isinstance(at, list) else at[key]
        if operation["op"] == "remove":
            del at[int(last) if isinstance(at, list) else last]
        elif operation["op"] != "add":
            raise ValueError(f"{operation['op']} is not known")
        elif isinstance(at, list):
            at.insert(len(at) if last == "-" else int(last), copy.deepcopy(operation["value"]))
        else:
            at[last] = copy.deepcopy(operation["value"])
    return pod


class Plugin:
    """The plugin while one pod is created. invocations: (policy, parameter or None), in their order."""

    def __init__(self, invocations, annotations=None):
        self.invocations, self.annotations = invocations, annotations
        self.asked, self.again, self.last = set(), set(), None
        self.should_reinvoke = False

    def require(self):
        self.again |= self.asked
        self.asked = set()

    def turn(self, pod, second):
        if second and pod != self.last:
            self.require()
        dirty = False
        for key, (policy, param) in enumerate(self.invocations):
            if not policy.matches(pod, param, self.annotations) or second and key not in self.again:
                continue
            before, pod, dirty = pod, policy.patched(pod, param, self.annotations), True
            if before != pod:
                self.require()
            if policy.spec.get("reinvocationPolicy") == "IfNeeded":
                self.asked.add(key)
        if dirty:
            self.require()
            self.should_reinvoke = True
        self.last = pod
        return pod


def created(pod, limit_ranges, invocations, webhook=None, annotations=None):
    """The pod as it is when all have had their turns; what refuses it comes after that. webhook: changes a pod once."""
    plugin = Plugin(invocations, annotations)
    pod = with_requests(without_null(pod))
    for second in (False, True):
        pod = plugin.turn(admitted(pod, limit_ranges), second)
        if webhook and not second:
            pod = with_requests(webhook(pod))
        if not plugin.should_reinvoke and not webhook:
            break
    return pod
