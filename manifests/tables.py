#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Writes the flags of `dormouse run` into every file that lists them.

    flags.py [--check] PRINT_FLAGS

PRINT_FLAGS is the program built from tests/unit/config/print_flags.c: it prints the table of flags as JSON. With
--check nothing is written: files that do not have what would be written are named, with the flags that they lack, and
the exit status is 1."""
import json
import os
import re
import subprocess
import sys
import textwrap

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
MANUALS = ["README.md", "manifests/README.md", "sidecar/README.md"]
WIDTH = 100
SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1, "ms": 0.001}
VARIABLES = re.compile(
    r"(?: +- name: DORMOUSE_\w+\n +valueFrom: \{fieldRef: \{.*metadata\.annotations\['dormouse\.dev/.*\n)+")
# A table of flags: its head, the line below, and rows with three cells, the first of them a flag.
TABLE = re.compile(r"(\| flag \| default \|.*\n\|[-| ]+\n)((?:\| `--[a-z-]+`.*\n)+)")
ROW = re.compile(r"\| `--([a-z-]+)` \| (.*?) \| (.*) \|\n")


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


def in_annotations(text, flags):
    rows = "".join(policy_row(flag) for flag in flags if flag["annotation"])
    return between(text, "    - name: table\n      expression: |-\n        [", "         [\"resources\"", rows[9:])


def in_policy(text, flags):
    names = ", ".join(json.dumps(flag["name"]) for flag in flags if flag["annotation"])
    lines = textwrap.wrap(f"[{names}]", WIDTH - 9, break_on_hyphens=False)
    written = "".join((" " * (8 if at == 0 else 9)) + line + "\n" for at, line in enumerate(lines))
    return between(text, "    - name: flags\n      expression: |-\n", "    #", written)


# --- the examples --------------------------------------------------------------------------
def in_example(text, flags):
    found = VARIABLES.search(text)
    if not found:
        raise Absent("DORMOUSE_...")
    indent = re.match(" *", found[0])[0]
    return VARIABLES.sub(lambda _: "".join(
        f"{indent}- name: {variable(flag)}\n{indent}  valueFrom: {{fieldRef: {{apiVersion: v1, fieldPath: "
        f"\"metadata.annotations['dormouse.dev/{flag['name']}']\"}}}}\n" for flag in flags if flag["annotation"]), text)


# --- the manual ----------------------------------------------------------------------------
def default_cell(flag, cell):
    """As it stands there, where that is right."""
    if flag["default"] is None:
        return cell or "none"
    return cell if cell and cell.strip("`") == flag["default"] else f"`{flag['default']}`"


def in_manual(text, flags):
    """What a flag means is written by hand; of a new one it is what --help says."""
    table = TABLE.search(text)
    if not table:
        raise Absent("| flag | default |")
    rows = {name: (default, means) for name, default, means in ROW.findall(table[2])}
    written = ""
    for flag in flags:
        default, means = rows.get(flag["name"], (None, f"{flag['help']}: {flag['expects']}"))
        written += f"| `--{flag['name']}` | {default_cell(flag, default)} | {means} |\n"
    return text[:table.start(2)] + written + text[table.end(2):]


# --- all of them ---------------------------------------------------------------------------
def manual():
    """The one that has the table."""
    for path in MANUALS:
        whole = os.path.join(TOP, path)
        if os.path.exists(whole):
            with open(whole, encoding="utf-8") as file:
                if TABLE.search(file.read()):
                    return path
    raise Absent("a table of flags in " + " or ".join(MANUALS))


def names_in(text):
    """The flags that a text names, in whichever way its kind of file has them."""
    variables = {name.lower().replace("_", "-") for name in re.findall(r"name: DORMOUSE_(\w+)", text)}
    return variables | set(re.findall(r'["\[]"?([a-z][a-z-]+)"', text)) | set(re.findall(r"\| `--([a-z-]+)`", text))


def differences(path, text, fresh, flags):
    lacking = [flag["name"] for flag in flags if flag["name"] in names_in(fresh) - names_in(text)]
    surplus = sorted(names_in(text) - names_in(fresh))
    told = [f"{what} {', '.join(names)}" for what, names in (("lacks", lacking), ("should not have", surplus)) if names]
    return f"{path}: {'; '.join(told) or 'a default, a bound, the words or the order are others'}: make manifests"


def main():
    check = sys.argv[1:2] == ["--check"]
    flags = json.loads(subprocess.run(sys.argv[-1:], check=True, stdout=subprocess.PIPE).stdout)
    status = 0
    for path, change in {
            "manifests/policy/annotations.yaml": in_annotations, "manifests/policy/policy.yaml": in_policy,
            "manifests/examples/manual-sidecar.yaml": in_example, "manifests/examples/native-sidecar.yaml": in_example,
            manual(): in_manual}.items():
        whole = os.path.join(TOP, path)
        with open(whole, encoding="utf-8") as file:
            text = file.read()
        try:
            fresh = change(text, flags)
        except Absent as what:
            sys.exit(f"{path}: the place for the flags is not found: {what}")
        if fresh == text:
            continue
        if check:
            print(differences(path, text, fresh, flags))
            status = 1
        else:
            with open(whole, "w", encoding="utf-8") as file:
                file.write(fresh)
            print(f"{path}: written")
    return status


if __name__ == "__main__":
    sys.exit(main())
