#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The policy warns of the annotations and labels that the webhook warns of.

    check_annotations.py DORMOUSE INJECTOR POLICY_FOLDER

The flags are those that `DORMOUSE run --help` lists. Each gets values by the hundred, and pods with these annotations
go through the policy's expressions, evaluated by cel.py, and through `INJECTOR inject`: both refuse the same."""
import itertools
import json
import os
import re
import subprocess
import sys

import cel
import validating
from checks import check, finish
from objects import read
from values import CHOSEN, variations

DOMAIN = "dormouse.dev/"
# Annotations that are no flags; and those of them that the webhook does not know yet, which are not compared.
NO_FLAGS = ["resources"]
AHEAD = set()
# Flags that are no annotations, to both.
LEFT_OUT = {"state", "baseline", "metrics-token-file"}
# (flag, value): refused by one of the two only, and why. None: CEL counts, so that even sums of durations, groups of
# addresses and bytes of UTF-8 come out alike. A value that only the policy refuses is a defect, whatever the reason.
DIFFERENCES = {}
# What differs in words: the webhook says which name or word was most likely meant, the policy lists the names; it shows
# only values of at most 80 letters of ASCII, since a warning with a control character is said to nobody.
SUGGESTION = re.compile(r"; did you mean .*\?$")
SHOWN = re.compile(r"[ !#-\[\]-~]{1,80}")
# The injector warns sixteen times at most.
AT_ONCE = 8
VARIATIONS = 500


def pod_with(name="a", annotations=None, labels=None):
    return {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "app", "image": "example-app:1"}]},
            "metadata": {"name": str(name), "annotations": annotations or {}, "labels": labels or {}}}


def told(injector, pods):
    """The injector's warnings of each pod."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [
        {**pod, "metadata": {**pod["metadata"], "name": str(number)}} for number, pod in enumerate(pods)]})
    run = subprocess.run([injector, "inject", "--native-sidecar=yes", "--image-loaded"], input=text,
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True, text=True)
    lines = [[] for _ in pods]
    for line in run.stderr.splitlines():
        number, warning = re.fullmatch(r"Pod/(\d+):? (.*)", line).groups()
        lines[int(number)].append(warning)
    return lines


def flags_of(dormouse):
    manual = subprocess.run([dormouse, "run", "--help"], check=True, text=True, stdout=subprocess.PIPE).stdout
    return re.findall(r"^  --([a-z-]+) ", manual, re.MULTILINE)


def variable(spec, pod, name):
    return validating.scope_of(spec, pod)["variables"][name]


# --- the values --------------------------------------------------------------------------
def pods_of(values):
    """Pods with these values of these flags, at most AT_ONCE in each."""
    flags = list(values)
    for at in range(0, len(flags), AT_ONCE):
        some = flags[at:at + AT_ONCE]
        for row in itertools.zip_longest(*[values[flag] for flag in some]):
            yield pod_with(annotations={DOMAIN + flag: value for flag, value in zip(some, row) if value is not None})


def refused(injector, spec, values):
    """(what the injector refuses, what the policy does, their words where these are to be equal): (flag, value)."""
    theirs, ours, words = set(), set(), []
    pods = list(pods_of(values))
    for pod, warnings in zip(pods, told(injector, pods)):
        annotations = {key.removeprefix(DOMAIN): value for key, value in pod["metadata"]["annotations"].items()}
        for warning in warnings:
            flag = re.match(f"dormouse: invalid value \".*\" for annotation {DOMAIN}([a-z-]+): expected ", warning)[1]
            theirs.add((flag, annotations[flag]))
        ours |= {(one["name"], annotations[one["name"]]) for one in variable(spec, pod, "refused")}
        if all(SHOWN.fullmatch(value) for value in annotations.values()):
            words.append((parts(SUGGESTION.sub("", one) for one in warnings),
                          parts(validating.complaints(spec, pod))))
    return theirs, ours, words


def check_values(injector, spec, flags):
    values, seen = {flag: CHOSEN for flag in flags}, {}
    for what in ("chosen", "varied"):
        theirs, ours, words = refused(injector, spec, values)
        for flag in flags:
            all_of = {value for value in values[flag] if (flag, value) not in DIFFERENCES}
            bad = {value for value in all_of if (flag, value) in theirs}
            check(f"{flag}: of {len(all_of)} {what} values {len(bad)} are refused, the same ones",
                  bad, {value for value in all_of if (flag, value) in ours})
            check(f"{flag}: {what}: many of them, and of both kinds", True,
                  len(all_of) >= 300 and len(bad) >= 5 and len(all_of - bad) >= 2)
            seen[flag] = seen.get(flag, []) + sorted(all_of - bad)
        check(f"what the policy alone refuses, {what}", set(), ours - theirs)
        check(f"{what}: in the same words ({len(words)} pods)", [one for one, _ in words], [one for _, one in words])
        for one, why in DIFFERENCES.items():
            check(f"{one} differs: {why}", True, one not in ours and (what == "varied" or one in theirs))
        values = {flag: variations(seen[flag], VARIATIONS, flag) for flag in flags}


# --- names and labels --------------------------------------------------------------------
def names_near(flags):
    """Names that look like flags and are none, and some that are none at all."""
    made = [change(flag) for flag in flags for change in (
        lambda name: name + name[-1], lambda name: name[:-1], lambda name: name[1:], str.upper, str.title,
        lambda name: name.replace("-", "_"), lambda name: name.replace("-", ""), lambda name: "-" + name,
        lambda name: name + "-", lambda name: name[1] + name[0] + name[2:], lambda name: name + "s")]
    made += ["injector", "injected", "inject.", "Inject", "statee", "x", "colour", "summary", "column", "out", "keep"]
    return [name for name in dict.fromkeys(made) if name not in flags and name not in AHEAD]


def not_read(injector, spec, flags):
    names = names_near(flags) + ["inject", "injection", *sorted(LEFT_OUT), *flags]
    keys = [DOMAIN + name for name in names] + ["example.com/interval", "dormouse.dev.example/x", "interval"]
    pods = [pod_with(annotations={key: "" for key in keys[at:at + AT_ONCE]}) for at in range(0, len(keys), AT_ONCE)]
    for pod, warnings in zip(pods, told(injector, pods)):
        theirs = {re.match(r"dormouse: annotation (\S+) is not ", warning)[1] for warning in warnings}
        yield theirs, {row[0] for row in variable(spec, pod, "unread")} | set(variable(spec, pod, "unknown"))


def check_names(injector, spec, flags):
    pairs = list(not_read(injector, spec, flags))
    check(f"names: {sum(len(theirs) for theirs, _ in pairs)} are not read, the same ones",
          [theirs for theirs, _ in pairs], [ours for _, ours in pairs])
    known = variable(spec, pod_with(), "table")
    for name in (*sorted(LEFT_OUT), "inject", "injection"):
        pod = pod_with(annotations={DOMAIN + name: "x"})
        check(f"annotation {name}: in the webhook's words", told(injector, [pod])[0], validating.complaints(spec, pod))
    pod = pod_with(annotations={DOMAIN + "intervall": "10s"})
    check("an unknown name is told of, with all that are known",
          [f"dormouse: annotation {DOMAIN}intervall is not known; after {DOMAIN} comes one of " +
           ", ".join(row[0] for row in known)], validating.complaints(spec, pod))


def parts(lines):
    """Of the policy's one line and the webhook's several."""
    return sorted(part for line in lines for part in line.removeprefix("dormouse: ").split("; "))


def check_labels(injector, spec, flags):
    labels = [{}, {"app": "x"}, {"inject": "x"}, {DOMAIN + "x": "y"}, {DOMAIN + "injection": "required"},
              {DOMAIN + "inject": "true", "app": "x"}, {DOMAIN + "injection": "enabled", DOMAIN + "interval": "x"},
              *({DOMAIN + "inject": value} for value in ("true", "", "True", "TRUE", "yes", "no", "1", "f", "enabled")),
              *({DOMAIN + flag: "x"} for flag in flags), *({DOMAIN + flag: ""} for flag in LEFT_OUT)]
    pods = [pod_with(labels=one) for one in labels]
    for pod, warnings in zip(pods, told(injector, pods)):
        check(f"labels {pod['metadata']['labels']}: as the webhook warns",
              parts(warnings), parts(validating.complaints(spec, pod)))
    # Of this one the webhook is not asked.
    opted_out = pod_with(labels={DOMAIN + "inject": "false"})
    check("a pod that opted out is not warned of it", [], validating.complaints(spec, opted_out))


# --- what the webhook does not know yet --------------------------------------------------
def check_resources(spec):
    good = ["cpu=5m,memory=8Mi", "memory=8Mi,cpu=5m", "cpu=1m", "memory=8Mi", "cpu=1", "cpu=0.001", "cpu=.5",
            "cpu=2e-1", "memory=8388608", "memory=9M", "memory=1Gi", "memory=0.5Gi", "cpu=1000u", ""]
    bad = ["cpu", "cpu=", "=5m", "cpu=5m,", ",cpu=5m", "cpu=5m;memory=8Mi", "cpu=5m memory=8Mi", "cpu=5m,cpu=5m",
           "cpu=0", "cpu=-1", "cpu=999u", "cpu=0.9m", "memory=7Mi", "memory=8M", "memory=8388607", "memory=8mi",
           "memory=8MiB", "memory=8 Mi", "cpu=5x", "CPU=5m", "disk=1Gi", "cpu=5m,memory=8Mi,cpu=5m", "cpu=5m,disk=1Gi", "cpu==5m",
           "cpu=5m\n", "memory=0x10", "cpu=\u0665", "banana"]
    wrong = {value for value in good + bad
             if validating.complaints(spec, pod_with(annotations={DOMAIN + "resources": value}))}
    check("resources: quantities that are enough, and no others", set(bad), wrong)


# --- what it costs -----------------------------------------------------------------------
# All annotations of an object together have 256 KiB at most; a name has 63 letters, after the slash.
FULL = 256 * 1024


def heavy_pods(flags):
    yield "nothing", pod_with()
    for letter in ("0", "9", ".", ":", ",", "a", "[::1"):
        yield f"one annotation of {letter} in 256 KiB", *[
            pod_with(annotations={DOMAIN + flag: letter * (FULL // len(letter))}) for flag in [*flags, *AHEAD]]
    yield "all annotations, each as long as may be", pod_with(annotations={
        DOMAIN + flag: "0" * (FULL // len(flags)) for flag in flags})
    for long in ("1." * 80 + "s", ("1" * 31 + "d") * 5, "02:00-02:30," * 8, "[" + "0:" * 29 + ":]:1", ":" + "0" * 62):
        yield f"all annotations {long}", pod_with(annotations={DOMAIN + flag: long for flag in flags})
    yield "annotations that are not known, as many as may be", pod_with(annotations={
        f"{DOMAIN}{number:x}": "" for number in range(FULL // 17)})
    yield "annotations of others, as many as may be", pod_with(annotations={
        f"{number:x}": "" for number in range(FULL // 5)})


def check_costs(spec, flags):
    most, whole = ("", "", 0), ("", 0)
    for what, *pods in heavy_pods(flags):
        for pod in pods:
            own, total = validating.costs(spec, pod)
            most = max(most, *((what, name, cost) for name, cost in own.items()), key=lambda one: one[2])
            whole = max(whole, (what, total), key=lambda one: one[1])
    check(f"no expression costs too much: at most {most}", True, most[2] < cel.CALL_LIMIT * 0.8)
    check(f"nor do all together: at most {whole}", True, whole[1] < cel.POLICY_LIMIT * 0.8)


def main():
    dormouse, injector, folder = sys.argv[1:]
    policy, binding = read([os.path.join(folder, "annotations.yaml")])
    spec = policy["spec"]
    check("it never refuses a pod", ("Ignore", ["Warn"], policy["metadata"]["name"]), (
        spec["failurePolicy"], binding["spec"]["validationActions"], binding["spec"]["policyName"]))
    check("it is asked as pods are created", read([os.path.join(folder, "policy.yaml")])[0]["spec"]["matchConstraints"],
          spec["matchConstraints"])
    table = variable(spec, pod_with(), "table")
    flags = [flag for flag in flags_of(dormouse) + NO_FLAGS if flag not in LEFT_OUT | AHEAD]
    names = [row[0] for row in table if row[0] not in AHEAD]
    check("it knows the flags of `dormouse run`, in their order", flags, names)
    bad = told(injector, [pod_with(annotations={DOMAIN + flag: "!" * 300}) for flag in flags])
    check("and what each expects, in its words", [SUGGESTION.sub("", one[0]).split(": expected ")[1] for one in bad],
          [row[2] for row in table if row[0] not in AHEAD])
    check_values(injector, spec, flags)
    check_names(injector, spec, flags)
    check_labels(injector, spec, flags)
    check_resources(spec)
    check_costs(spec, flags)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
