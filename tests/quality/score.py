#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Scores a detector on labelled traces.

    score.py --corpus DIR [--detector 'build/dormouse replay {trace}'] [--check] [--verbose]

The corpus is what generate.py makes: a folder of traces and labels.json. The detector is a command that prints a JSON
object a line for each alert, with "startsAt", when it was raised.

An attack is found when an alert is raised between its start and half an hour after its end; the time to detect runs
from its start. An alert outside every attack and every benign novelty, and outside the half hour after one, is false;
false alerts within ten minutes of the last alert of the same trace count as one with it. With --check the exit status
is 1 when a target is missed."""
import argparse
import json
import multiprocessing
import os
import subprocess
import sys
from collections import defaultdict
from datetime import datetime

AFTERMATH_S, MERGE_S = 1800, 600

# What is measured, its target, and whether more is better.
TARGETS = (("recall, core", .98, True), ("recall, hard", .85, True), ("false alerts a pod-day", .005, False),
           ("time to detect, core, median", 20, False), ("time to detect, core, p90", 120, False),
           ("alerts for one attack, median", 1, False), ("alerts for one attack, p90", 2, False))


def seconds(value):
    if isinstance(value, (int, float)):
        return float(value)
    return datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()


def quantile(values, share):
    """Between the nearest ranks; nothing has none."""
    ordered = sorted(values)
    if not ordered:
        return float("nan")
    at = share * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def alerts_of(job):
    """The alerts that the detector raises on a trace: (time, kind), in order."""
    detector, path = job
    command = [path if word == "{trace}" else word for word in detector.split()]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {run.returncode}: {run.stderr.strip()[-300:]}")
    alerts = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    return sorted((seconds(alert["startsAt"]), alert.get("kind", "")) for alert in alerts)


def within(time, begin, end):
    return begin <= time <= end + AFTERMATH_S


class Score:
    def __init__(self, verbose):
        self.verbose = verbose
        self.found = defaultdict(list)  # (tier, kind): the delay of each attack, None: missed
        self.false = defaultdict(int)  # life: how many
        self.days = defaultdict(float)
        self.alerts = []  # of each attack that was found

    def tell(self, *words):
        if self.verbose:
            print(*words)

    def add(self, label, alerts):
        self.days[label["life"]] += label["days"]
        for attack in label["attacks"]:
            hits = [time for time, _ in alerts if within(time, attack["start"], attack["end"])]
            self.found[attack["tier"], attack["kind"]].append(hits[0] - attack["start"] if hits else None)
            if hits:
                self.alerts.append(len(hits))
            else:
                self.tell("missed", label["trace"], attack["kind"])
        excused = [(a["start"], a["end"]) for a in label["attacks"]] + [tuple(span) for span in label["neutral"]]
        last = float("-inf")
        for time, kind in alerts:
            if time - last > MERGE_S and not any(within(time, *span) for span in excused):
                self.false[label["life"]] += 1
                self.tell("false", label["trace"], kind, f"after {(time - label['start']) / 3600:.2f} h")
            last = time

    def delays(self, tier):
        return [delay for (t, _), delays in self.found.items() if t == tier for delay in delays]

    def measured(self):
        recall = {}
        for tier in ("core", "hard"):
            delays = self.delays(tier)
            recall[tier] = sum(d is not None for d in delays) / len(delays) if delays else float("nan")
        delays = [d for d in self.delays("core") if d is not None]
        return (recall["core"], recall["hard"], sum(self.false.values()) / sum(self.days.values()),
                quantile(delays, .5), quantile(delays, .9), quantile(self.alerts, .5), quantile(self.alerts, .9))

    def print_details(self):
        for (tier, kind), delays in sorted(self.found.items()):
            hits = [d for d in delays if d is not None]
            print(f"{tier:5} {kind:16} found {len(hits):3} of {len(delays):3}   after {quantile(hits, .5):6.0f} s, "
                  f"p90 {quantile(hits, .9):6.0f} s")
        for life in sorted(self.days):
            print(f"life  {life:16} false {self.false[life]:3} in {self.days[life]:g} pod-days")


def print_table(measured):
    """Returns how many targets were missed. What cannot be measured on this corpus misses nothing."""
    missed = 0
    print(f"\n{'':32}{'target':>8}{'measured':>10}")
    for (name, target, more), value in zip(TARGETS, measured):
        bad = value < target if more else value > target
        missed += bad
        print(f"{name:32}{target:8g}{value:10.4g}{'   MISSED' if bad else ''}")
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True, metavar="DIR")
    parser.add_argument("--detector", default="build/dormouse replay {trace}", metavar="COMMAND")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--verbose", action="store_true", help="name what was missed and what was false")
    arguments = parser.parse_args()

    with open(os.path.join(arguments.corpus, "labels.json")) as file:
        labels = json.load(file)
    jobs = [(arguments.detector, os.path.join(arguments.corpus, label["trace"] + ".csv")) for label in labels]
    score = Score(arguments.verbose)
    with multiprocessing.Pool() as pool:
        for label, alerts in zip(labels, pool.imap(alerts_of, jobs)):
            score.add(label, alerts)
    score.print_details()
    missed = print_table(score.measured())
    sys.exit(1 if missed and arguments.check else 0)


if __name__ == "__main__":
    main()
