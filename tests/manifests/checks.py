# SPDX-License-Identifier: Apache-2.0
"""Lines "ok ..." and "FAILED ...", as the shell tests print them, and the selectors that several checks evaluate."""
failures = []


def check(name, expected, found):
    """The two are equal."""
    if expected == found:
        print("ok     ", name)
    else:
        failures.append(name)
        print("FAILED ", f"{name}:", *differences(expected, found), sep="\n" + 8 * " ")


def differences(expected, found, path=""):
    """A line for each place where two values differ."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted({*expected, *found}, key=str):
            yield from differences(expected.get(key), found.get(key), f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for i, (one, other) in enumerate(zip(expected, found)):
            yield from differences(one, other, f"{path}[{i}]")
    elif expected != found:
        yield f"{path or 'value'}: expected {expected!r}, found {found!r}"


def finish():
    return 1 if failures else 0


# --- selectors -------------------------------------------------------------------------
def selects(selector, labels):
    """Whether a label selector wants an object with these labels."""
    unknown = set(selector) - {"matchExpressions", "matchLabels"}
    if unknown:
        raise ValueError(f"no selector: {unknown}")
    return (all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()) and
            all(OPERATORS[one["operator"]](labels.get(one["key"]), one.get("values"))
                for one in selector.get("matchExpressions", [])))


OPERATORS = {
    "In": lambda value, values: value in values,
    # A label that is not there is not in.
    "NotIn": lambda value, values: value not in values,
    "Exists": lambda value, values: value is not None,
    "DoesNotExist": lambda value, values: value is None,
}

SYSTEM_NAMESPACES = ("kube-system", "kube-public", "kube-node-lease", "dormouse-system")
NAMESPACES = [(name, {"kubernetes.io/metadata.name": name, **labels})
              for name in ("shop", *SYSTEM_NAMESPACES)
              for labels in ({}, *({"dormouse.dev/injection": value} for value in (
                  "enabled", "required", "disabled", "", "Enabled")))]
PODS = [{}, {"app": "x"}, *({"dormouse.dev/inject": value} for value in ("true", "false", "", "True", "yes"))]


def wanted(namespace, labels, pod):
    """Which of the two, by name, ought to have the pod: the one for namespaces, the one for pods, or none."""
    if namespace in SYSTEM_NAMESPACES:
        return []
    if labels.get("dormouse.dev/injection") in ("enabled", "required"):
        return ["namespaces"] if pod.get("dormouse.dev/inject") != "false" else []
    return ["pods"] if pod.get("dormouse.dev/inject") == "true" else []


def check_selectors(what, matchers):
    """matchers: by name, objects with a namespaceSelector and an objectSelector."""
    table = [(namespace, labels, pod) for namespace, labels in NAMESPACES for pod in PODS]
    found = {str((namespace, labels, pod)): [
        name for name, matcher in matchers.items()
        if selects(matcher["namespaceSelector"], labels) and selects(matcher["objectSelector"], pod)]
        for namespace, labels, pod in table}
    check(f"{what}: at most one has a pod, and the right one ({len(table)} cases)",
          {str(case): wanted(*case) for case in table}, found)
