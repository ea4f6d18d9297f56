#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Fits the points of the risk (sidecar/detect/risk.c) to labelled traces. Needs numpy.

    calibrate.py --features PROGRAM --fit DIR... --test DIR...

PROGRAM is tests/quality/features.c, a DIR what generate.py makes: traces and labels.json. An incident that was reported
during an attack, or within half an hour after it, is a hit. All others are not: false alerts, and first occurrences of
ordinary work (the spans that labels.json calls neutral). False alerts are rare, so those of --sensitivity high count as
well; hits are those of the default settings.

The fit begins with a logistic regression by descent: the start, the middle and the end of each incident count alike,
hits as much as the rest. Then each factor's points move, one after the other, as long as that raises the area under the
curve, of the highest risk of each incident. A kind of attack or a life counts by the root of its incidents. Each factor
has the sign that a person expects. BOUNDS holds those whose weight should not come from the made traces alone. Prints
the points of each factor, and how well the risk ranks hits above the rest: the area under the curve, 1 is perfect and
0.5 is chance. The figures of --test count; the current table's are there as well."""
import argparse
import csv
import io
import json
import multiprocessing
import os
import subprocess
import sys
from collections import Counter, defaultdict

import numpy as np

AFTERMATH_S = 1800
POINTS = 15  # of one unit of the logarithm of the odds
CENTRE = 54  # the risk at even odds
MIDDLE = 50  # the median risk of what is no hit: severity medium
STEPS = (-8, -3, -1, 1, 3, 8)  # of the ascent, in points
LOWERS = ("youth", "history", "trifle")

# Points, least and most.
BOUNDS = {
    "peers": (0, 40),  # one factor alone does not make an incident critical
    "datagrams": (0, 36),
    "own": (0, 30),
    "size": (15, 40),  # every attack and every first job of the traces is large
    "hidden": (15, 30),  # no trace has it
    "failed": (10, 28),  # an outage has it as well
    "relay": (12, 30),  # a name for an abuse is to be seen
    "fanout": (9, 40),
    "grows": (0, 15),  # a busy first day has it as well
    "start": (0, 20),
    "hour": (6, 20),  # the traces' attacks come at any hour, and so do the first jobs
    "dormant": (5, 40),
    "length": (10, 20),  # the traces' nightly jobs last as long as their attacks
    "unasked": (5, 40),
    "rate": (0, 20),  # a thief may take his time
    "spans": (5, 40),
    "trifle": (-25, -25),  # little is low, whatever it is
    "youth": (-30, -30),  # the traces' first jobs come early, real ones later as well
    "history": (-15, 0),  # someone could make noise first
}
META = ("time", "onset", "reported", "kind", "risk")


class Incident:
    def __init__(self, label, rows, names):
        self.life, self.trace = label["life"], label["trace"]
        at = float(rows[0]["reported"])
        hits = [a for a in label["attacks"] if a["start"] <= at <= a["end"] + AFTERMATH_S]
        self.attack = f"{hits[0]['tier']} {hits[0]['kind']}" if hits else None
        self.group = (bool(hits), self.attack or self.life)
        self.factors = np.array([[float(row[name]) for name in names] for row in rows])
        self.risk = max(float(row["risk"]) for row in rows)

    def sample(self):
        count = len(self.factors)
        return self.factors[sorted({0, count // 2, count - 1})]


def rows_of(job):
    command, label = job
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {run.returncode}: {run.stderr.strip()[-300:]}")
    by_onset = defaultdict(list)
    reader = csv.DictReader(io.StringIO(run.stdout))
    for row in reader:
        by_onset[row["onset"]].append(row)
    return label, [name for name in reader.fieldnames if name not in META], list(by_onset.values())


def incidents_of(program, corpora):
    """The names of the factors, and the incidents."""
    jobs = []
    for corpus in corpora:
        with open(os.path.join(corpus, "labels.json")) as file:
            for label in json.load(file):
                path = os.path.join(corpus, label["trace"] + ".csv")
                jobs.append(([program, path], label))
                jobs.append(([program, "--sensitivity-high", path], label))
    found, names = [], []
    with multiprocessing.Pool() as pool:
        for (command, _), (label, names, groups) in zip(jobs, pool.imap(rows_of, jobs)):
            incidents = [Incident(label, rows, names) for rows in groups]
            found += [i for i in incidents if len(command) == 2 or not i.attack]
    return names, found


def bounds_of(names):
    return np.array([BOUNDS.get(name, (-99, 0) if name in LOWERS else (0, 99)) for name in names], float).T


def shares_of(incidents):
    """How much an incident of each group counts; those of all hits, and of all others, are 1 together."""
    groups = Counter(i.group for i in incidents)
    roots = {hit: sum(count ** .5 for group, count in groups.items() if group[0] == hit) for hit in (True, False)}
    return {group: 1 / count ** .5 / roots[group[0]] for group, count in groups.items()}


def regress(names, incidents, rounds=4000, pace=.5, ridge=3e-3):
    least, most = bounds_of(names) / POINTS
    share = shares_of(incidents)
    samples = [i.sample() for i in incidents]
    factors = np.vstack(samples)
    hit = np.concatenate([[float(bool(i.attack))] * len(s) for i, s in zip(incidents, samples)])
    weight = np.concatenate([[share[i.group] / len(s)] * len(s) for i, s in zip(incidents, samples)])
    points, base = np.clip(np.zeros(len(names)), least, most), 0.0
    for _ in range(rounds):
        error = weight * (1 / (1 + np.exp(-(factors @ points + base))) - hit)
        points = np.clip(points - pace * (factors.T @ error + ridge * points), least, most)
        base -= pace * error.sum()
    return np.round(points * POINTS), round(base * POINTS + CENTRE)


def area(risk, hit, share):
    """The chance that a hit has a higher risk than one of the rest, a tie being half. The shares of the hits are 1
    together, and so are those of the rest."""
    order = np.argsort(risk[~hit])
    rest, below = risk[~hit][order], np.append(0, np.cumsum(share[~hit][order]))
    beaten = below[np.searchsorted(rest, risk[hit], "left")] + below[np.searchsorted(rest, risk[hit], "right")]
    return float(share[hit] @ beaten) / 2


class Ranking:
    """How well points rank hits above the rest."""

    def __init__(self, incidents):
        share = shares_of(incidents)
        lengths = [len(i.factors) for i in incidents]
        self.begins = np.cumsum([0] + lengths[:-1])
        self.factors = np.vstack([i.factors for i in incidents])
        self.hit = np.array([bool(i.attack) for i in incidents])
        self.share = np.array([share[i.group] for i in incidents])

    def risk(self, points, base):
        return np.clip(np.maximum.reduceat(self.factors @ points + base, self.begins), 0, 100)

    def area(self, points, base):
        return area(self.risk(points, base), self.hit, self.share)


def fit(names, incidents):
    points, base = regress(names, incidents)
    least, most = bounds_of(names)
    ranking = Ranking(incidents)
    best, before = ranking.area(points, base), -1.0
    while best > before:
        before = best
        for at in range(len(names)):
            for step in STEPS:
                moved = points.copy()
                moved[at] = np.clip(moved[at] + step, least[at], most[at])
                area_moved = ranking.area(moved, base)
                if area_moved > best + 1e-5:
                    best, points = area_moved, moved
    return points, base + round(MIDDLE - np.median(ranking.risk(points, base)[~ranking.hit]))


def print_areas(title, incidents, risk):
    hit = np.array([bool(i.attack) for i in incidents])
    alike = np.where(hit, 1 / max(hit.sum(), 1), 1 / max((~hit).sum(), 1))
    value = area(np.array([risk(i) for i in incidents]), hit, alike)
    print(f"{title:24}{hit.sum():5} hits {(~hit).sum():5} others   area {value:.3f}")


def print_details(incidents, risk):
    groups = defaultdict(list)
    for i in incidents:
        groups[i.attack or "not a hit, " + i.life].append(risk(i))
    for name in sorted(groups):
        low, middle, high = np.quantile(groups[name], (0, .5, 1))
        print(f"  {name:32}{len(groups[name]):4}   risk {low:3.0f} to {high:3.0f}, median {middle:3.0f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", required=True, metavar="PROGRAM")
    parser.add_argument("--fit", required=True, nargs="+", metavar="DIR")
    parser.add_argument("--test", required=True, nargs="+", metavar="DIR")
    arguments = parser.parse_args()

    names, known = incidents_of(arguments.features, arguments.fit)
    _, unknown = incidents_of(arguments.features, arguments.test)
    points, base = fit(names, known)
    print(f"{'base':12}{base:4.0f}")
    for name, value in sorted(zip(names, points), key=lambda pair: -pair[1]):
        print(f"{name:12}{value:4.0f}")

    def fitted(incident):
        return float(np.clip(incident.factors @ points + base, 0, 100).max())

    def current(incident):
        return incident.risk

    print_areas("these points, fit", known, fitted)
    print_areas("these points, test", unknown, fitted)
    print_areas("risk.c, test", unknown, current)
    print_details(unknown, current)


if __name__ == "__main__":
    main()
