# SPDX-License-Identifier: Apache-2.0
"""What a ValidatingAdmissionPolicy says of a pod, by cel.py, as the API server's k8s.io/apiserver does it
(pkg/admission/plugin/policy/validating)."""
import cel

# A message that is longer is not said.
MESSAGE_MAX = 5 * 1024


class Lazy(dict):
    """The variables, each evaluated when it is first asked for. What nobody asks for costs nothing."""

    def __init__(self, spec, scope):
        super().__init__()
        self.expressions = {one["name"]: one["expression"] for one in spec.get("variables", [])}
        self.scope = scope

    def __contains__(self, name):
        return name in self.expressions

    def __missing__(self, name):
        self[name] = cel.evaluate(self.expressions[name], self.scope)
        return self[name]


def without_null(value):
    """An object as the API server hands it on: without null, empty lists and empty sets of keys."""
    if isinstance(value, dict):
        members = {key: without_null(member) for key, member in value.items()}
        maps = ("annotations", "labels", "nodeSelector")
        return {key: member for key, member in members.items()
                if member is not None and member != [] and not (key in maps and member == {})}
    return [without_null(member) for member in value] if isinstance(value, list) else value


def scope_of(spec, pod):
    scope = {"object": without_null(pod), "request": {"namespace": pod["metadata"].get("namespace", "default")}}
    scope["variables"] = Lazy(spec, scope)
    return scope


def matches(spec, pod):
    """Whether its conditions want the pod. An error is for us to find: to the API server it is a failure."""
    return all(cel.evaluate(one["expression"], scope_of(spec, pod)) for one in spec.get("matchConditions", []))


def message_of(validation, scope):
    try:
        said = cel.evaluate(validation["messageExpression"], scope).strip() if "messageExpression" in validation else ""
    except cel.CelError:
        said = ""
    if "\n" in said or len(said.encode()) > MESSAGE_MAX:
        said = ""
    return said or validation.get("message", "").strip() or f"failed expression: {validation['expression']}"


def complaints(spec, pod):
    """Its messages, in its order; none: it has nothing against the pod."""
    if not matches(spec, pod):
        return []
    scope = scope_of(spec, pod)
    return [message_of(one, scope) for one in spec["validations"] if not cel.evaluate(one["expression"], scope)]


def costs(spec, pod):
    """(what each expression costs on this pod, by name; at most what all of the policy does)."""
    scope, own, total = scope_of(spec, pod), {}, 0

    def measure(name, expression, times):
        nonlocal total
        before = cel.Spent.cost
        try:
            return cel.evaluate(expression, scope)
        except cel.CelError:
            return None
        finally:
            own[name] = cel.Spent.cost - before
            total += times * own[name]

    # Variables count by themselves, and once more for the messages.
    for one in spec.get("variables", []):
        scope["variables"][one["name"]] = measure(one["name"], one["expression"], 2)
    for number, one in enumerate(spec["validations"]):
        for part in ("expression", "messageExpression"):
            if part in one:
                measure(f"{part} {number}", one[part], 1)
    return own, total
