#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""How soon theft from a young pod is told: by its rate, and by the pod's age when it begins.

    cold_start.py [--detector 'build/dormouse replay {trace}'] [--seed N]

A dormant pod, and one that serves thirty kilobytes a second, are robbed for an hour on one new connection. Each cell
is how many of three were found, and the median seconds from the theft's start to the alert."""
import argparse
import multiprocessing
import os
import tempfile

from attacks_timed import upload
from lives import sleeper
from lives_services import steady
from score import alerts_of, quantile
from traffic import DAY, HOUR, MINUTE, Pod

LIVES = (("dormant", sleeper), ("web, 30 kB/s", steady))
RATES = ((300, "300 B/s"), (10e3, "10 kB/s"), (50e3, "50 kB/s"), (1e6, "1 MB/s"))
AGES = ((MINUTE, "1 min"), (10 * MINUTE, "10 min"), (30 * MINUTE, "30 min"), (HOUR, "1 h"), (6 * HOUR, "6 h"), (DAY, "1 d"))
THEFT_S, SEEDS = HOUR, 3


def delay(job):
    """Seconds from the theft's start to the first alert in it, None when there is none."""
    detector, folder, seed, life, rate, age = job
    pod = Pod(f"cold start {seed} {life.__name__} {rate} {age}", (age + THEFT_S) / DAY)
    life(pod)
    upload(pod, age, THEFT_S, rate)
    path = os.path.join(folder, f"{life.__name__}-{rate:g}-{age}-{seed}.csv")
    pod.write(path)
    times = [alert.start - pod.start - age for alert in alerts_of((detector, path))]
    os.remove(path)
    return min((time for time in times if time >= 0), default=None)


def cell(delays):
    hits = [time for time in delays if time is not None]
    return f"{len(hits)}/{len(delays)}" + (f" {quantile(hits, .5):.0f} s" if hits else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--detector", default="build/dormouse replay {trace}", metavar="COMMAND")
    parser.add_argument("--seed", type=int, default=1, help="the first of three")
    arguments = parser.parse_args()

    seeds = range(arguments.seed, arguments.seed + SEEDS)
    with tempfile.TemporaryDirectory() as folder, multiprocessing.Pool() as pool:
        jobs = [(arguments.detector, folder, seed, life, rate, age) for _, life in LIVES for rate, _ in RATES
                for age, _ in AGES for seed in seeds]
        delays = pool.imap(delay, jobs, chunksize=1)
        for name, _ in LIVES:
            print(f"{name:14}" + "".join(f"{age:>13}" for _, age in AGES))
            for _, rate in RATES:
                cells = [cell([next(delays) for _ in seeds]) for _ in AGES]
                print(f"  {rate:12}" + "".join(f"{text:>13}" for text in cells))


if __name__ == "__main__":
    main()
