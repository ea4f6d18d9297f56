#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Makes a small corpus of labelled traces: pods' lives, and attacks on some of them.

    generate.py --out DIR [--seed N]

A trace is CSV as `dormouse replay` reads it. labels.json says of each: its life, its days, and the spans of attacks
and of benign novelties (Unix seconds). The same seed makes the same corpus."""
import argparse
import json
import multiprocessing
import os
from random import Random

import attacks
import lives
from traffic import COLUMNS, HOUR, MINUTE, TWO_COLUMNS, Pod


def scenarios(seed):
    """Of each trace: its name, life, attack or None, when that starts (seconds), days, interval, columns."""
    random = Random(f"scenarios {seed}")
    later = lambda: random.uniform(14, 20) * HOUR
    for life in lives.ALL:
        yield f"{life.__name__}-alone", life, None, 0, 3, 10, COLUMNS
        yield f"{life.__name__}-alone-minutely", life, None, 0, 2, 60, TWO_COLUMNS
        yield f"{life.__name__}-alone-coarse", life, None, 0, 5, 300, TWO_COLUMNS
    for life in lives.QUIET:
        for attack in attacks.CORE:
            yield f"{life.__name__}-{attack.__name__}", life, attack, later(), 1, 10, COLUMNS
        for attack in attacks.HIDDEN_IN_QUIET:
            yield f"{life.__name__}-{attack.__name__}", life, attack, random.uniform(11, 13) * HOUR, 1, 10, COLUMNS
    for life in lives.BUSY:
        for attack in (attacks.proxyware, attacks.theft, attacks.scan, attacks.flood):
            yield f"{life.__name__}-{attack.__name__}", life, attack, later(), 1, 10, COLUMNS
    for life in (lives.backend, lives.replica):
        for attack in attacks.HIDDEN_IN_BUSY:
            yield f"{life.__name__}-{attack.__name__}", life, attack, later(), 1, 10, COLUMNS
    for attack in (attacks.proxyware, attacks.seeding, attacks.theft, attacks.scan, attacks.flood):
        start = random.uniform(6, 40) * MINUTE
        yield f"sleeper-{attack.__name__}-young", lives.sleeper, attack, start, .5, 10, COLUMNS


def make(job):
    out, seed, name, life, attack, start, days, step, columns = job
    pod = Pod(Random(f"{seed} {name}"), days, step, columns)
    life(pod)
    if attack:
        attack(pod, start)
    else:
        pod.wear()
    pod.write(os.path.join(out, name + ".csv"))
    return {"trace": name, "life": life.__name__, "days": days, "start": pod.start, "attacks": pod.attacks,
            "neutral": pod.neutral}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, metavar="DIR")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    os.makedirs(arguments.out, exist_ok=True)
    jobs = [(arguments.out, arguments.seed, *scenario) for scenario in scenarios(arguments.seed)]
    with multiprocessing.Pool() as pool:
        labels = pool.map(make, jobs, chunksize=1)
    with open(os.path.join(arguments.out, "labels.json"), "w") as out:
        json.dump(labels, out, indent=1)
    print(f"{len(labels)} traces, {sum(x['days'] for x in labels):g} pod-days, "
          f"{sum(len(x['attacks']) for x in labels)} attacks in {arguments.out}")


if __name__ == "__main__":
    main()
