#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""check_baseline.py DORMOUSE MANIFESTS: the documents that the program writes fulfil the JSON Schema, and what breaks a
rule is refused by the schema and by the program alike; each member that the program writes is on the page."""
import copy
import json
import math
import os
import random
import subprocess
import sys
import tempfile

import jsonschema

DAY_S, STEP_S = 86400, 10
# (path in the document, a value that breaks a rule there)
BROKEN = [
    (["format"], "dormouse.dev/baseline/v2"), (["format"], None), (["pods"], -1), (["pods"], "3"),
    (["since"], "yesterday"), (["watchedSeconds"], -5), (["dormantShare"], 2), (["learntWith", "profile"], "loud"),
    (["windows", 0], "11s"), (["shares", 0], .4), (["signals"], {}), (["signals", 0, "mean"], "1"),
    (["signals", 0, "greatest"], [1, 2, 3]), (["signals", 0, "greatest", 0], -1),
    (["departures", 0, "calendar", "timeOfDay"], "25:00"), (["departures", 0, "calendar", "days"], "never"),
    (["departures", 0, "reach", "tx_bytes"], [1]), (["workload"], "x" * 400), (["peers"], [{"protocol": "tcp"}]),
    (["peers"], [{"prefix": "10.0.0.0/8", "protocol": "sctp"}]),
]


def trace(path):
    """Five days of a quiet pod with a nightly job."""
    chance = random.Random(1)
    sent, received, opened = 0, 0, 0
    with open(path, "w", encoding="ascii") as out:
        out.write("time,tx_bytes,rx_bytes,tcp_initiated_tx_bytes\n")
        for at in range(0, 5 * DAY_S, STEP_S):
            job = 3600 <= at % DAY_S < 4200
            own = 2_000_000 * STEP_S if job else 0
            sent += int(3000 * chance.random()) + own
            received += int(2000 * chance.random()) + own // 50
            opened += own
            out.write("%d,%d,%d,%d\n" % (1788739200 + at, sent, received, opened))


def members(value):
    """Every name at any depth, but not those of signals."""
    if isinstance(value, list):
        for one in value:
            yield from members(one)
    if isinstance(value, dict):
        for name, one in value.items():
            yield name
            if name != "reach":
                yield from members(one)


def changed(document, path, value):
    document = copy.deepcopy(document)
    at = document
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return document


class Checks:
    def __init__(self):
        self.status = 0

    def check(self, name, good):
        print("%s  %s" % ("ok    " if good else "FAILED", name))
        self.status |= not good


def main():
    dormouse, manifests = sys.argv[1:]
    with open(os.path.join(manifests, "baseline.schema.json"), encoding="utf-8") as text:
        schema = json.load(text)
    with open(os.path.join(manifests, "baseline.md"), encoding="utf-8") as text:
        page = text.read()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    checks = Checks()
    with tempfile.TemporaryDirectory() as work:
        path, written = os.path.join(work, "reports.csv"), os.path.join(work, "baseline.json")
        trace(path)
        subprocess.run([dormouse, "replay", "--baseline-out", written, path], check=True, stdout=subprocess.DEVNULL)
        with open(written, encoding="utf-8") as text:
            document = json.load(text)
        checks.check("a written baseline fulfils its schema", validator.is_valid(document))
        checks.check("it has a nightly routine", document["departures"][0]["expected"] is True)
        unknown = sorted(name for name in set(members(document)) if "`%s`" % name not in page)
        checks.check("the page names each member%s" % "".join(": " + name for name in unknown), not unknown)
        for where, value in BROKEN:
            bad = changed(document, where, value)
            with open(written, "w", encoding="utf-8") as out:
                json.dump(bad, out)
            shown = subprocess.run([dormouse, "baseline", "show", written], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, check=False)
            what = "%s as %.30s" % (".".join(map(str, where)), json.dumps(value))
            checks.check("%s is refused by both" % what, not validator.is_valid(bad) and shown.returncode == 1)
        more = changed(document, ["signals", 0, "median"], math.pi)
        more["note"] = {"by": "a person"}
        checks.check("what is added is allowed", validator.is_valid(more))
    return checks.status


if __name__ == "__main__":
    sys.exit(main())
