#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Replays a trace as pods that each live a while, one after the other: a workload that is rolled out again and again.

    pods.py [--life 6h] [--baseline] [--program build/dormouse] TRACE

For score.py: --detector 'tests/quality/pods.py --life 6h --baseline {trace}'. Each pod knows nothing of the one before.
With --baseline, what the earlier pods have learnt is merged each midnight, as `dormouse-injector learn` does, and the
pods that begin later read it. Those of the first days begin with little: `generate.py --lead 2`, `score.py --after 2`. An
occurrence of what an earlier pod told (`alert-recurred`) is no alert of the pod, as it would be none in a pod that lives
on."""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

DAY_S = 86400
UNITS = {"h": 3600, "d": DAY_S}


def life(text):
    found = re.fullmatch(r"(\d+)([hd])", text)
    if not found:
        raise argparse.ArgumentTypeError("expected hours or days, such as 6h or 1d")
    return int(found.group(1)) * UNITS[found.group(2)]


def pods(path, seconds):
    """(number, begin, lines with the header) of each pod. They are replaced at multiples of their life."""
    with open(path, encoding="ascii") as trace:
        header = trace.readline()
        now, rows = None, []
        for row in trace:
            time = float(row[:row.index(",")])
            number = int(time // seconds)
            if number != now and rows:
                yield now, now * seconds, [header] + rows
                rows = []
            now = number
            rows.append(row)
        if rows:
            yield now, now * seconds, [header] + rows


def tell(lines):
    """Prints what the pod told, without what first appears as an occurrence."""
    told = {}
    for line in lines.splitlines():
        alert = json.loads(line)
        if "id" in alert and told.setdefault(alert["id"], alert["occurrences"] == 0):
            print(line)


class Workload:
    def __init__(self, program, folder, learns):
        self.program, self.folder, self.learns = program, folder, learns
        self.document = os.path.join(folder, "workload.json")
        self.fresh = []  # documents of pods since the last midnight
        self.midnight = None

    def learn(self, begin):
        """At midnight the documents of the pods before it are merged into the workload's."""
        day = begin // DAY_S
        if self.midnight is None:
            self.midnight = day
        if day == self.midnight or not self.fresh:
            return
        known = [self.document] if os.path.exists(self.document) else []
        merged = subprocess.run([self.program, "baseline", "merge", *known, *self.fresh], check=True,
                                stdout=subprocess.PIPE).stdout
        with open(self.document, "wb") as out:
            out.write(merged)
        self.fresh, self.midnight = [], day

    def play(self, number, begin, rows):
        own = os.path.join(self.folder, "%s.json" % number)
        argv = [self.program, "replay", "--lifecycle", "--baseline-out", own, "-"]
        if self.learns:
            self.learn(begin)
            if os.path.exists(self.document):
                argv += ["--baseline", self.document]
        environment = dict(os.environ, POD_NAME="pod-%s" % number)
        done = subprocess.run(argv, input="".join(rows).encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=environment, check=False)
        if done.returncode != 0:
            sys.exit("pods.py: %s" % done.stderr.decode(errors="replace"))
        tell(done.stdout.decode())
        if os.path.getsize(own) > 0:
            self.fresh.append(own)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--life", type=life, default=life("6h"))
    parser.add_argument("--baseline", action="store_true")
    parser.add_argument("--program", default="build/dormouse")
    parser.add_argument("trace")
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workload = Workload(a.program, folder, a.baseline)
        for number, begin, rows in pods(a.trace, a.life):
            workload.play(number, begin, rows)


if __name__ == "__main__":
    main()
