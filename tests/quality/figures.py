#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Holds the figures in alerts against the traces that they are about.

    figures.py --corpus DIR... [--detector 'build/dormouse replay --lifecycle {trace}'] [--verbose]

Every CSV in the folders is replayed. For each alert as it is printed: value and peak are no higher than the highest
rate of their signal since the onset, between two consecutive readings of it; totalBytes is within a hundredth of what
the trace's tx_bytes moved from the onset to the alert's last update; and what is said to be sent and received as a
relay is what the counters moved. The exit status is 1 when a figure is false, or when there was no alert at all."""
import argparse
import json
import multiprocessing
import os
import subprocess
import sys
from bisect import bisect_left, bisect_right
from datetime import datetime

HAIR_S = .0006  # times are printed in whole milliseconds
SLACK, TOTAL_SLACK = 1e-6, .01
PIECE = 2  # rounding to whole bytes and packets


def seconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Trace:
    """The readings of each column: times, values, and what was added up, a fall counting as nothing or from zero."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.header = file.readline().strip().split(",")
            self.rows = []
            last = float("-inf")
            for line in file:
                cells = line.rstrip("\n").split(",")
                time = float(cells[0])
                if time > last:  # a repeated time is no reading
                    self.rows.append((time, cells))
                    last = time
        self.columns = {}

    def column(self, name):
        if name not in self.columns:
            at = self.header.index(name) if name in self.header else -1
            readings = [(t, int(c[at])) for t, c in self.rows if 0 < at < len(c) and c[at]]
            low, high = [0], [0]
            for (_, a), (_, b) in zip(readings, readings[1:]):
                low.append(low[-1] + max(b - a, 0))
                high.append(high[-1] + (b - a if b >= a else b))
            self.columns[name] = ([t for t, _ in readings], [v for _, v in readings], low, high)
        return self.columns[name]

    def highest(self, name, begin, end):
        times, values, _, high = self.column(name)
        first, last = bisect_right(times, begin + HAIR_S), bisect_right(times, end + HAIR_S)
        if name == "destinations":
            return max(values[first:last], default=0)
        return max(((high[i] - high[i - 1]) / (times[i] - times[i - 1]) for i in range(max(first, 1), last)), default=0)

    def moved(self, name, begin, end):
        """The least and the most that it can have moved: what a reset hides is not known, nor what was not read."""
        times, _, low, high = self.column(name)
        if not times:
            return 0, 0
        last = max(bisect_right(times, end + HAIR_S) - 1, 0)
        before = max(bisect_right(times, begin + HAIR_S) - 1, 0)
        after = min(bisect_left(times, begin - HAIR_S), last)
        return low[last] - low[max(after, before)], high[last] - high[before]


def falsehoods(trace, alert):
    """What is false in one alert: lines of text."""
    onset, updated = seconds(alert["onset"]), seconds(alert["updatedAt"])
    highest = trace.highest(alert["signal"], onset, updated)
    for figure in ("value", "peak"):
        if alert[figure] > highest * (1 + SLACK) + SLACK:
            yield f"{figure} {alert[figure]:.6g} of {alert['signal']}, never above {highest:.6g}"
    relay = alert["evidence"]["relay"]
    for what, said, column in (("totalBytes", alert["totalBytes"], "tx_bytes"), ("sent", relay["sent"], "tx_bytes"),
                               ("received", relay["received"], "rx_bytes")):
        low, high = trace.moved(column, onset, updated)
        if not low * (1 - TOTAL_SLACK) - PIECE <= said <= high * (1 + TOTAL_SLACK) + PIECE:
            yield f"{what} {said}, moved {low} to {high}"


def check(job):
    """Returns the trace's name, how many alerts it printed, and what was false."""
    detector, path = job
    run = subprocess.run([path if word == "{trace}" else word for word in detector.split()], capture_output=True,
                         text=True, check=False)
    if run.returncode != 0:
        return path, 0, [f"exit status {run.returncode}: {run.stderr.strip()[-300:]}"]
    alerts = [json.loads(line) for line in run.stdout.splitlines() if line.startswith('{"id"')]
    trace = Trace(path) if alerts else None
    return path, len(alerts), [f"{alert['kind']} of {alert['onset']} updated {alert['updatedAt']}: {line}"
                               for alert in alerts for line in falsehoods(trace, alert)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True, nargs="+", metavar="DIR")
    parser.add_argument("--detector", default="build/dormouse replay --lifecycle {trace}", metavar="COMMAND")
    parser.add_argument("--verbose", action="store_true", help="name every false figure, not only the first of a trace")
    arguments = parser.parse_args()

    paths = sorted(os.path.join(folder, name) for folder in arguments.corpus for name in os.listdir(folder)
                   if name.endswith(".csv"))
    alerts = false = 0
    with multiprocessing.Pool() as pool:
        for path, count, lines in pool.imap(check, [(arguments.detector, path) for path in paths]):
            alerts += count
            false += len(lines)
            for line in lines if arguments.verbose else lines[:1]:
                print(f"{os.path.basename(path)}: {line}")
    print(f"{len(paths)} traces, {alerts} alerts printed, {false} false figures")
    sys.exit(1 if false or not alerts else 0)


if __name__ == "__main__":
    main()
