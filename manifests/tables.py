#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Writes what the program's tables say into every file that lists it: flags, kinds of alerts.

    tables.py [--check] PRINT_TABLES

PRINT_TABLES is the program built from tests/unit/serve/print_tables.c: it prints the tables as JSON. With --check
nothing is written: what differs is named, file by file, with the flags and kinds that are missing, and so are signals
and metrics that the manual does not have; the exit status is 1 then."""
import fnmatch
import itertools
import json
import os
import re
import subprocess
import sys
import textwrap

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
MANUALS = ["README.md", "manifests/README.md", "sidecar/replay/README.md"]
WIDTH = 100
SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1, "ms": 0.001}
VARIABLES = re.compile(
    r"(?: +- name: DORMOUSE_\w+\n +valueFrom: \{fieldRef: \{.*metadata\.annotations\['dormouse\.dev/.*\n)+")
# Tables of the manual: the head, the line below, and the rows.
FLAGS = re.compile(r"(\| flag \| default \|.*\n\|[-| ]+\n)((?:\| `--[a-z-]+`.*\n)+)")
FLAG = re.compile(r"\| `--([a-z-]+)` \| (.*?) \| (.*) \|\n")
KINDS = re.compile(r"(\| kind \|.*\n\|[-| ]+\n)((?:\| `[a-z-]+`.*\n)+)")
KIND = re.compile(r"\| `([a-z-]+)` \| (.*) \|\n")
METRIC_ROW = re.compile(r"^\| (.*`(?:dormouse|process)_.*?) \|", re.MULTILINE)


class Absent(Exception):
    """The place of the flags is not in the file."""


def variable(flag):
    return "DORMOUSE_" + flag["name"].upper().replace("-", "_")


def between(text, before, after, written):
    """The text with `written` between the two, which stay."""
    begin = text.find(before)
    end = text.find(after, begin + len(before))
    if begin < 0 or end < 0:
        raise Absent(before.strip().splitlines()[0])
    return text[:begin + len(before)] + written + text[end:]


# --- the policies --------------------------------------------------------------------------
def number(bound):
    """Of a count, or of a duration in seconds."""
    parts = re.fullmatch(r"([0-9.]+)([a-z]*)", bound)
    return f"{float(parts[1]) * SECONDS.get(parts[2], 1):.10g}"


def bounds(flag):
    if flag["type"] == "text":
        return ["1", str(flag["size"] - 1)]
    if flag["type"] == "windows":
        return ["1", re.search(r"\d+", flag["expects"])[0]]
    return [number(flag["minimum"]), number(flag["maximum"])] if flag["minimum"] else []


def policy_row(flag):
    row = [json.dumps(cell) for cell in (flag["name"], flag["type"], flag["expects"])]
    ends = [json.dumps(cell) for cell in bounds(flag)]
    line = "         [" + ", ".join(row + ends) + "],\n"
    if len(line) > WIDTH and ends:
        line = "         [" + ", ".join(row) + ",\n          " + ", ".join(ends) + "],\n"
    return line


def in_annotations(text, tables):
    flags = tables["flags"]
    rows = "".join(policy_row(flag) for flag in flags if flag["annotation"])
    return between(text, "    - name: table\n      expression: |-\n        [", "         [\"resources\"", rows[9:])


def in_policy(text, tables):
    names = ", ".join(json.dumps(flag["name"]) for flag in tables["flags"] if flag["annotation"])
    lines = textwrap.wrap(f"[{names}]", WIDTH - 9, break_on_hyphens=False)
    written = "".join((" " * (8 if at == 0 else 9)) + line + "\n" for at, line in enumerate(lines))
    return between(text, "    - name: flags\n      expression: |-\n", "    #", written)


# --- the examples --------------------------------------------------------------------------
def in_example(text, tables):
    found = VARIABLES.search(text)
    if not found:
        raise Absent("DORMOUSE_...")
    indent = re.match(" *", found[0])[0]
    return VARIABLES.sub(lambda _: "".join(
        f"{indent}- name: {variable(flag)}\n{indent}  valueFrom: {{fieldRef: {{apiVersion: v1, fieldPath: "
        f"\"metadata.annotations['dormouse.dev/{flag['name']}']\"}}}}\n" for flag in tables["flags"] if flag["annotation"]), text)


# --- the manual ----------------------------------------------------------------------------
def default_cell(flag, cell):
    """As it stands there, where that is right."""
    if flag["default"] is None:
        return cell or "none"
    return cell if cell and cell.strip("`") == flag["default"] else f"`{flag['default']}`"


def in_flags(text, tables):
    """What a flag means is written by hand; of a new one it is what --help says."""
    table = FLAGS.search(text)
    rows = {name: (default, means) for name, default, means in FLAG.findall(table[2])}
    written = ""
    for flag in tables["flags"]:
        default, means = rows.get(flag["name"], (None, f"{flag['help']}: {flag['expects']}"))
        written += f"| `--{flag['name']}` | {default_cell(flag, default)} | {means} |\n"
    return text[:table.start(2)] + written + text[table.end(2):]


def in_kinds(text, tables):
    """What a kind means is written by hand; of a new one it is what to do next."""
    table = KINDS.search(text)
    rows = dict(KIND.findall(table[2]))
    written = "".join(f"| `{kind['name']}` | {rows.get(kind['name'], kind['next'])} |\n" for kind in tables["kinds"])
    return text[:table.start(2)] + written + text[table.end(2):]


def manuals():
    for path in MANUALS:
        if os.path.exists(os.path.join(TOP, path)):
            yield path, read(path)


def manual_with(table, what):
    """The one that has the table."""
    for path, text in manuals():
        if table.search(text):
            return path
    sys.exit(f"no table of {what} in {' or '.join(MANUALS)}")


def spelled_out(name):
    """a_{b,c}_d is a_b_d and a_c_d; labels, {e} at the end, are none of the name."""
    for form in (re.sub(r"\{[^{}]*\}$", "", name), name):
        parts = [part.split(",") for part in re.split(r"[{}]", form)]
        yield from ("".join(one) for one in itertools.product(*parts))


def missing_in_manuals(tables):
    text = "\n".join(text for _, text in manuals())
    for signal in tables["signals"]:
        if f"`{signal}`" not in text:
            yield f"the manual has no signal `{signal}`"
    # The injector's are in the same manual; this program is linked without it.
    forms = [set(spelled_out(name)) for row in METRIC_ROW.findall(text)
             for name in re.findall(r"`((?:dormouse|process)_(?!injector)[^`]*)`", row)]
    for metric in tables["metrics"]:
        if not any(fnmatch.fnmatchcase(metric, form) for some in forms for form in some):
            yield f"the manual has no metric {metric}"
    for some in forms:
        if not any(fnmatch.fnmatchcase(metric, form) for metric in tables["metrics"] for form in some):
            yield f"the manual has a metric that there is not: {' or '.join(sorted(some))}"


# --- all of them ---------------------------------------------------------------------------
def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def names_in(text):
    """The flags and kinds that a text names, in whichever way its kind of file has them."""
    variables = {name.lower().replace("_", "-") for name in re.findall(r"name: DORMOUSE_(\w+)", text)}
    return variables | set(re.findall(r'[\[ ]"([a-z][a-z-]+)"', text)) | set(re.findall(r"^\| `(?:--)?([a-z-]+)` \|", text,
                                                                                  re.MULTILINE))


def differences(path, text, fresh):
    missing, surplus = sorted(names_in(fresh) - names_in(text)), sorted(names_in(text) - names_in(fresh))
    told = [f"{what} {', '.join(names)}" for what, names in (("lacks", missing), ("should not have", surplus)) if names]
    return f"{path}: {'; '.join(told) or 'a default, a bound, the words or the order differ'} (make manifests)"


def main():
    check = sys.argv[1:2] == ["--check"]
    tables = json.loads(subprocess.run(sys.argv[-1:], check=True, stdout=subprocess.PIPE).stdout)
    wrong = list(missing_in_manuals(tables))
    for path, change in [
            ("manifests/policy/annotations.yaml", in_annotations), ("manifests/policy/policy.yaml", in_policy),
            ("manifests/examples/manual-sidecar.yaml", in_example),
            ("manifests/examples/native-sidecar.yaml", in_example),
            (manual_with(FLAGS, "flags"), in_flags), (manual_with(KINDS, "kinds of alerts"), in_kinds)]:
        text = read(path)
        try:
            fresh = change(text, tables)
        except Absent as what:
            sys.exit(f"{path}: the place for the flags is not found: {what}")
        if fresh == text:
            continue
        if check:
            wrong.append(differences(path, text, fresh))
            continue
        with open(os.path.join(TOP, path), "w", encoding="utf-8") as file:
            file.write(fresh)
        print(f"{path}: written")
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
