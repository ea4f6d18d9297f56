#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Makes traces of random traffic, which no pod has: for what must hold of any trace.

    random_traces.py --out DIR [--count N] [--seed N]

Intervals from a tenth of a second to five minutes, even or ragged, with rows and cells missing and counters that begin
anew; phases of any length with any rate of each signal by itself. The same seed makes the same traces."""
import argparse
import os
from random import Random

from traffic import COUNTERS, DAY, MONDAY

SIGNALS = COUNTERS[:COUNTERS.index("unaccounted_tx_bytes")]
INTERVALS = (.1, .3, 1, 2.5, 10, 15, 30, 60, 300)
ROWS_MOST = 4000


def rate(random):
    """Units a second, from one in a quarter of an hour to a gigabyte, or nothing."""
    return 0 if random.random() < .4 else 10 ** random.uniform(-3, 9)


class Signal:
    """One column's counter."""

    def __init__(self, random, quiet):
        self.random, self.quiet = random, quiet
        self.total = random.randrange(1 << random.randrange(1, 40))
        self.rate, self.until, self.wobble = 0, 0, 0

    def move(self, now, elapsed, longest):
        random = self.random
        if now >= self.until:
            self.until = now + 10 ** random.uniform(-1, 1) * longest / 10
            self.rate = 0 if random.random() < self.quiet else rate(random)
            self.wobble = random.choice((0, .1, 1))
        share = 1 + self.wobble * random.uniform(-1, 1)
        self.total += int(self.rate * elapsed * share + random.random())


def write(path, random):
    interval = random.choice(INTERVALS)
    ragged, lost, empty = (random.choice((0, 0, share)) for share in (.3, .05, .2))
    columns = [c for c in SIGNALS if c in ("tx_bytes", "rx_bytes") or random.random() < .7]
    count = random.randrange(300, ROWS_MOST)
    longest = interval * count
    signals = {c: Signal(random, random.choice((0, .5, .9))) for c in columns}
    now = MONDAY + random.uniform(0, DAY)
    with open(path, "w", encoding="utf-8") as out:
        out.write(",".join(["time", *columns]) + "\n")
        for _ in range(count):
            elapsed = interval * (1 + ragged * random.uniform(-1, 1))
            now += elapsed
            for signal in signals.values():
                signal.move(now, elapsed, longest)
            if random.random() < .0005:
                for signal in signals.values():
                    signal.total = 0
            if random.random() < lost:
                continue
            late = random.random() < empty  # sockets are looked at less often than links
            cells = ["" if late and name.startswith("tcp") else str(s.total) for name, s in signals.items()]
            out.write(f"{now:.3f},{','.join(cells)}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, metavar="DIR")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    os.makedirs(arguments.out, exist_ok=True)
    for number in range(arguments.count):
        write(os.path.join(arguments.out, f"{number:04}.csv"), Random(f"{arguments.seed} {number}"))


if __name__ == "__main__":
    main()
