#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Scores a detector on labelled traces.

    score.py --corpus DIR... [--detector 'build/dormouse replay --lifecycle {trace}'] [--set base|all] [--check]
             [--after DAYS] [--verbose]

A corpus is what generate.py makes: a folder of traces and labels.json; several are scored together. The detector is a
command that prints a JSON object a line for each alert, with "startsAt", when it was raised, and possibly "id" (a
line with the same id is an update of the same alert), "kind", "riskScore", "updatedAt" and "lastOccurrence".

An alert that is raised during an attack, or within half an hour after it, is about that attack: about the last that
began, if there are several. An attack is found when there is an alert about it, one of the tier low when there is one
within an hour of its start; the time to detect runs from its start. An alert outside every attack and every benign
novelty, and outside the half hour after one, is false; false alerts within ten minutes of the last false one of the
same trace count as one with it.

The kind is right when the last kind of an attack's first alert is one that the label expects. The area under the curve
is the chance that the alert about an attack has a higher riskScore than a false one (or than one about the first time
of ordinary work), a tie being half; each has its highest, an attack's until it is over.

--after leaves out the first days of each trace, what was done in them and what was raised. --set base leaves out
traces of other sets, and has that set's targets. With --check the exit status is 1 when a target is missed."""
import argparse
import json
import multiprocessing
import os
import subprocess
import sys
from bisect import bisect_left, bisect_right
from collections import defaultdict
from datetime import datetime

AFTERMATH_S, MERGE_S, LOW_IS_FOUND_WITHIN_S, DAY_S = 1800, 600, 3600, 86400
INTERVAL_S = 300  # the longest: what came again may have begun in the interval before it did

# What is measured, its target in each set, and whether more is better.
TARGETS = {
    "base": (("recall, core", .98, True), ("recall, hard", .85, True), ("false alerts a pod-day", .005, False),
             ("time to detect, core, median", 20, False), ("time to detect, core, p90", 120, False),
             ("alerts for one attack, median", 1, False), ("alerts for one attack, p90", 2, False)),
    "all": (("recall, core", .99, True), ("recall, hard", .90, True), ("recall, low", .50, True),
            ("time to detect, low, median", 1800, False), ("false alerts a pod-day", .01, False),
            ("false alerts a pod-day, worst life", .05, False), ("risk: attacks above false alerts", .85, True),
            ("risk: attacks above first times", .85, True), ("alerts for one attack, median", 1, False),
            ("alerts for one attack, p90", 2, False)),
}


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


def share(part, whole):
    return part / whole if whole else float("nan")


def area(above, below):
    """The chance that one of `above` is the greater (Mann and Whitney), a tie being half."""
    ordered = sorted(below)
    wins = sum(bisect_left(ordered, risk) + bisect_right(ordered, risk) for risk in above) / 2
    return share(wins, len(above) * len(below))


class Alert:
    """Its start, its last kind, its riskScore over time, and when the same came again."""

    def __init__(self, line):
        self.start, self.kind, self.risks, self.occurrences = seconds(line["startsAt"]), "", [], []
        self.update(line)

    def update(self, line):
        self.kind = line.get("kind", self.kind)
        if "riskScore" in line:
            self.risks.append((seconds(line.get("updatedAt", line["startsAt"])), line["riskScore"]))
        if line.get("lastOccurrence"):
            self.occurrences.append(seconds(line["lastOccurrence"]))

    def risk(self, until=float("inf")):
        """The highest until then, or the first that was said; None when none was."""
        known = [risk for time, risk in self.risks if time <= until] or [risk for _, risk in self.risks[:1]]
        return max(known, default=None)


def alerts_of(job):
    """The alerts that the detector raises on a trace, in order."""
    detector, path = job
    command = [path if word == "{trace}" else word for word in detector.split()]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {run.returncode}: {run.stderr.strip()[-300:]}")
    alerts = {}
    for number, text in enumerate(run.stdout.splitlines()):
        line = json.loads(text) if text.startswith("{") else {}
        if "startsAt" in line:  # other lines are about other things
            name = line.get("id", number)
            if name in alerts:
                alerts[name].update(line)
            else:
                alerts[name] = Alert(line)
    return sorted(alerts.values(), key=lambda alert: alert.start)


def within(time, begin, end):
    return begin <= time <= end + AFTERMATH_S


def attack_of(attacks, time):
    """The last one that began and goes on, or else the last one that just ended, or None."""
    near = [attack for attack in attacks if within(time, attack["start"], attack["end"])]
    return max(near, key=lambda attack: (time <= attack["end"], attack["start"]), default=None)


class Score:
    def __init__(self, verbose, after=0):
        self.verbose = verbose
        self.after = after  # days
        self.found = defaultdict(list)  # (tier, kind): the delay of each attack, None: missed
        self.false = defaultdict(int)  # life: how many
        self.days = defaultdict(float)
        self.alerts = []  # of each attack that was found, how many
        self.repeats = 0  # attacks missed that were taken for an earlier alert's, come again
        self.kinds = defaultdict(lambda: defaultdict(int))  # attack: right, or a wrong kind: how many
        self.risk_found, self.risk_false, self.risk_neutral = [], [], []

    def tell(self, *words):
        if self.verbose:
            print(*words)

    def add(self, label, alerts):
        if label["days"] <= self.after:
            return
        begin = label["start"] + self.after * DAY_S
        self.days[label["life"]] += label["days"] - self.after
        about = [(attack_of(label["attacks"], alert.start), alert) for alert in alerts if alert.start >= begin]
        for attack in label["attacks"]:
            if attack["start"] < begin:
                continue
            self.add_attack(label, attack, [alert for which, alert in about if which is attack])
            if self.found[attack["tier"], attack["kind"]][-1] is None:
                self.repeats += any(within(time, attack["start"] - INTERVAL_S, attack["end"]) for alert in alerts
                                    for time in alert.occurrences)
        self.add_others(label, [alert for which, alert in about if which is None])

    def add_attack(self, label, attack, alerts):
        delay = alerts[0].start - attack["start"] if alerts else None
        late = attack["tier"] == "low" and delay is not None and delay > LOW_IS_FOUND_WITHIN_S
        self.found[attack["tier"], attack["kind"]].append(None if late else delay)
        if late or not alerts:
            self.tell("missed", label["trace"], attack["kind"], f"told after {delay / 3600:.2f} h" if late else "")
            return
        first = alerts[0]
        self.alerts.append(len(alerts))
        risk = first.risk(attack["end"] + AFTERMATH_S)
        if risk is not None:
            self.risk_found.append(risk)
        if "expect" in attack:
            right = first.kind in attack["expect"]
            self.kinds[attack["kind"]]["right" if right else first.kind] += 1

    def add_others(self, label, alerts):
        """Alerts that are about no attack: of benign novelties, or false."""
        last = float("-inf")
        for alert in alerts:
            risk = alert.risk()
            if any(within(alert.start, *span) for span in label.get("neutral", ())):
                if risk is not None:
                    self.risk_neutral.append(risk)
                continue
            if risk is not None:
                self.risk_false.append(risk)
            if alert.start - last > MERGE_S:
                self.false[label["life"]] += 1
                self.tell("false", label["trace"], alert.kind, f"after {(alert.start - label['start']) / 3600:.2f} h",
                          f"risk {risk}")
            last = alert.start

    def delays(self, tier, found_only=True):
        return [delay for (t, _), delays in self.found.items() if t == tier for delay in delays
                if delay is not None or not found_only]

    def false_rate(self, life):
        return self.false[life] / self.days[life]

    def worst_life(self):
        return max(self.days, key=self.false_rate)

    def measured(self):
        """Each name of TARGETS and its value."""
        values = {"false alerts a pod-day": sum(self.false.values()) / sum(self.days.values()),
                  "false alerts a pod-day, worst life": self.false_rate(self.worst_life()),
                  "risk: attacks above false alerts": area(self.risk_found, self.risk_false),
                  "risk: attacks above first times": area(self.risk_found, self.risk_neutral),
                  "alerts for one attack, median": quantile(self.alerts, .5),
                  "alerts for one attack, p90": quantile(self.alerts, .9)}
        for tier in {tier for tier, _ in self.found} | {"core", "hard", "low"}:
            delays = self.delays(tier)
            values[f"recall, {tier}"] = share(len(delays), len(self.delays(tier, found_only=False)))
            values[f"time to detect, {tier}, median"] = quantile(delays, .5)
            values[f"time to detect, {tier}, p90"] = quantile(delays, .9)
        return values

    def print_attacks(self):
        rows = sorted(self.found.items())
        for tier in sorted({tier for tier, _ in self.found}):
            rows.append(((tier, "all of them"), self.delays(tier, found_only=False)))
        for (tier, kind), delays in rows:
            hits = [d for d in delays if d is not None]
            after = f"after {quantile(hits, .5):6.0f} s, p90 {quantile(hits, .9):6.0f} s" if hits else ""
            print(f"{tier:5} {kind:18} found {len(hits):3} of {len(delays):3}   {after}".rstrip())

        if self.repeats:
            print(f"of the missed, {self.repeats} were shown as an earlier alert that came again")

    def print_lives(self):
        for life in sorted(self.days):
            print(f"life  {life:18} false {self.false[life]:3} in {self.days[life]:g} pod-days")
        worst = self.worst_life()
        print(f"worst {worst:18} {self.false_rate(worst):.3g} false alerts a pod-day")

    def print_kinds(self):
        right = told = 0
        for attack, kinds in sorted(self.kinds.items()):
            right, told = right + kinds["right"], told + sum(kinds.values())
            wrong = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()) if kind != "right" and count)
            print(f"kind  {attack:18} right {kinds['right']:3} of {sum(kinds.values()):3}   {wrong}".rstrip())
        if told:
            print(f"kind right: {right} of {told}")

    def print_risks(self):
        for name, risks in (("attacks", self.risk_found), ("false alerts", self.risk_false),
                            ("first times", self.risk_neutral)):
            if risks:
                print(f"risk  {name:18} {len(risks):4}   median {quantile(risks, .5):3.0f}, "
                      f"p10 {quantile(risks, .1):3.0f}, p90 {quantile(risks, .9):3.0f}")


def print_table(targets, measured):
    """Returns how many targets were missed. What cannot be measured on this corpus misses nothing."""
    missed = 0
    print(f"\n{'':36}{'target':>8}{'measured':>10}")
    for name, target, more in targets:
        value = measured[name]
        bad = value < target if more else value > target
        missed += bad
        print(f"{name:36}{target:8g}{value:10.4g}{'   MISSED' if bad else ''}")
    return missed


def labels_of(corpus, only_base):
    """The folder and the label of each trace."""
    with open(os.path.join(corpus, "labels.json"), encoding="utf-8") as file:
        return [(corpus, label) for label in json.load(file) if not only_base or label.get("set", "base") == "base"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True, nargs="+", metavar="DIR")
    parser.add_argument("--detector", default="build/dormouse replay --lifecycle {trace}", metavar="COMMAND")
    parser.add_argument("--set", choices=tuple(TARGETS), default="all")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--after", type=float, default=0, metavar="DAYS")
    parser.add_argument("--verbose", action="store_true", help="name what was missed and what was false")
    arguments = parser.parse_args()

    labels = [each for corpus in arguments.corpus for each in labels_of(corpus, arguments.set == "base")]
    jobs = [(arguments.detector, os.path.join(corpus, label["trace"] + ".csv")) for corpus, label in labels]
    score = Score(arguments.verbose, arguments.after)
    with multiprocessing.Pool() as pool:
        for (_, label), alerts in zip(labels, pool.imap(alerts_of, jobs)):
            score.add(label, alerts)
    score.print_attacks()
    score.print_lives()
    score.print_kinds()
    score.print_risks()
    missed = print_table(TARGETS[arguments.set], score.measured())
    sys.exit(1 if missed and arguments.check else 0)


if __name__ == "__main__":
    main()
