#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The rule to beat, as a detector for score.py: the published Splunk search "Kubernetes Anomalous Outbound Network
Activity from Process", its deviation of UDP mended.

    splunk.py TRACE

Once an hour each interval of the last hour is held against mean and deviation of everything before that hour; more
than five that exceed the mean by three deviations, over the five signals together, raise an alert. A signal without
deviation says nothing, and nothing is left out of what is learnt.
"""
import csv
import json
import sys
from math import sqrt

SIGNALS = ("tcp_tx_bytes", "tcp_tx_packets", "tcp_new_sockets", "udp_tx_bytes", "udp_tx_packets")
HOUR, HITS, DEVIATIONS, LEAST = 3600, 5, 3, 10


def increments(path):
    """The times, and for each signal that the trace has what flowed in each interval; a fall is a reset."""
    with open(path, encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    times = [float(row["time"]) for row in rows]
    flowed = []
    for signal in SIGNALS:
        if not rows or signal not in rows[0]:
            continue
        values = [int(row[signal]) for row in rows]
        flowed.append([0] + [b - a if b >= a else b for a, b in zip(values, values[1:])])
    return times, flowed


def alerts(path):
    times, flowed = increments(path)
    begin, past = 0, [(0.0, 0.0) for _ in flowed]  # sums and squares of what is before `begin`
    end, last = 0, times[-1] if times else 0
    now = times[0] + 2 * HOUR if times else 1
    while now < last:
        start = begin
        while times[begin] <= now - HOUR:
            begin += 1
        while times[end] <= now:
            end += 1
        past = [(total + sum(values[start:begin]), squares + sum(v * v for v in values[start:begin]))
                for (total, squares), values in zip(past, flowed)]
        hits = 0
        for (total, squares), values in zip(past, flowed):
            mean = total / begin
            deviation = sqrt(max(squares / begin - mean * mean, 0))
            hits += deviation > 0 and sum(v > mean + DEVIATIONS * deviation for v in values[begin:end])
        if begin >= LEAST and hits > HITS:
            yield now
        now += HOUR


if __name__ == "__main__":
    for time in alerts(sys.argv[1]):
        print(json.dumps({"startsAt": time}))
