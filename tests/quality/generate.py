#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Makes a corpus of labelled traces: pods' lives, and attacks on some of them.

    generate.py --out DIR [--seed N] [--set base|all] [--lead DAYS]

A trace is CSV as `dormouse replay` reads it. labels.json says of each: its life, its days, its set, the spans of
attacks with their tier and the kinds that an alert may have, and the spans of benign novelties (Unix seconds). With
--lead each life goes on for so many days before the attack's day begins: what its pods' siblings did (pods.py). The same
seed makes the same corpus."""
import argparse
import json
import multiprocessing
import os

from scenarios import scenarios
from traffic import DAY, Pod


def make(job):
    out, seed, lead, scenario = job
    days = lead + scenario.days
    pod = Pod(f"{seed} {scenario.name}", days, scenario.step, scenario.columns)
    scenario.life(pod)
    if scenario.attack:
        scenario.attack(pod, scenario.start + lead * DAY)
    else:
        pod.wear()
    for attack in pod.attacks:
        attack["tier"] = scenario.tier or attack["tier"]
    pod.write(os.path.join(out, scenario.name + ".csv"))
    return {"trace": scenario.name, "set": scenario.set, "life": scenario.life.__name__, "days": days,
            "start": pod.start, "attacks": pod.attacks, "neutral": pod.neutral}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, metavar="DIR")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--set", choices=("base", "all"), default="all", help="base: what the detector is held to")
    parser.add_argument("--lead", type=int, default=0, metavar="DAYS")
    arguments = parser.parse_args()

    os.makedirs(arguments.out, exist_ok=True)
    jobs = [(arguments.out, arguments.seed, arguments.lead, scenario)
            for scenario in scenarios(arguments.set, arguments.seed)]
    with multiprocessing.Pool() as pool:
        labels = pool.map(make, jobs, chunksize=1)
    with open(os.path.join(arguments.out, "labels.json"), "w", encoding="utf-8") as out:
        json.dump(labels, out, indent=1)
    print(f"{len(labels)} traces, {sum(x['days'] for x in labels):g} pod-days, "
          f"{sum(len(x['attacks']) for x in labels)} attacks in {arguments.out}")


if __name__ == "__main__":
    main()
