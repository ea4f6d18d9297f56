#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints how much of each room the tests reach: lines and branches, against what is wanted.

    tests/coverage.py ROOMS SUMMARY [FILES]

ROOMS is sidecar/ROOMS, SUMMARY what `llvm-cov export -summary-only` says. With FILES, a number,
that many files follow, those that lack the most lines. Exit status 1 if a room has less than
wanted.
"""
import json
import sys

# Lines and branches, in percent, of a room or of those below it; the longest name counts.
WANTED = {
    "": (85, 75),
    "detect": (95, 85),
    "state": (95, 85),
    "collect": (95, 85),
    "injector": (95, 85),
}


def rooms_of(path):
    with open(path, encoding="utf-8") as lines:
        return [line.split()[0] for line in lines if line.strip() and line[0] != "#"]


def room_of(name, rooms):
    """The room that has this source, "" for a program's own files."""
    folder = name.split("/sidecar/", 1)[1].rpartition("/")[0]
    return folder if folder in rooms else ""


def wanted_of(room):
    while room not in WANTED:
        room = room.rpartition("/")[0]
    return WANTED[room]


def percent(part):
    return 100 * part[0] / part[1] if part[1] else 100


def add(total, summary):
    for kind in ("lines", "branches"):
        covered, count = total[kind]
        total[kind] = (covered + summary[kind]["covered"], count + summary[kind]["count"])


def print_rooms(totals):
    fails = False
    print(f"{'room':<24} {'lines':>7} {'of':>7} {'branches':>9} {'of':>7}  wanted")
    for room, total in totals.items():
        lines, branches = percent(total["lines"]), percent(total["branches"])
        wanted = wanted_of(room)
        short = lines < wanted[0] or branches < wanted[1]
        fails |= short
        print(f"{room or '(programs)':<24} {lines:6.1f}% {total['lines'][1]:7}"
              f" {branches:8.1f}% {total['branches'][1]:7}"
              f"  {wanted[0]}/{wanted[1]}{'  short' if short else ''}")
    return fails


def print_files(files, count):
    lacking = sorted(files, key=lambda f: f["summary"]["lines"]["covered"]
                     - f["summary"]["lines"]["count"])
    for file in lacking[:count]:
        lines, branches = file["summary"]["lines"], file["summary"]["branches"]
        print(f"{file['filename'].split('/sidecar/', 1)[1]:<44}"
              f" {lines['count'] - lines['covered']:5} lines"
              f" {branches['count'] - branches['covered']:5} branches not reached")


def main():
    rooms = rooms_of(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as summary:
        files = [f for f in json.load(summary)["data"][0]["files"]
                 if "/sidecar/" in f["filename"]]
    totals = {room: {"lines": (0, 0), "branches": (0, 0)} for room in rooms + [""]}
    for file in files:
        add(totals[room_of(file["filename"], rooms)], file["summary"])
    fails = print_rooms({room: t for room, t in totals.items() if t["lines"][1]})
    print_files(files, int(sys.argv[3]) if len(sys.argv) > 3 else 0)
    sys.exit(fails)


main()
