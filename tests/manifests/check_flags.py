#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The table of flags in the page is what `dormouse run --help` says: the same flags in the same order, and their
defaults.

    check_flags.py DORMOUSE PAGE"""
import re
import subprocess
import sys

# How the page says that there is no default.
NONE = {"none", "all but lo", "all"}


def helped(dormouse):
    """(flag, default) of each flag, "" for none."""
    text = subprocess.run([dormouse, "run", "--help"], check=True, capture_output=True, text=True).stdout
    parts = re.split(r"^ +--([a-z-]+) ", text, flags=re.MULTILINE)[1:]
    found = []
    for name, words in zip(parts[::2], parts[1::2]):
        default = re.search(r"\(([^()]*)\):", " ".join(words.split()))
        found.append((name, default.group(1) if default else ""))
    return found


def tabled(page):
    """The same of the page's table under "Flags of `dormouse run`"."""
    with open(page, encoding="utf-8") as file:
        section = re.split(r"^## ", file.read().split("## Flags of `dormouse run`\n")[1], flags=re.MULTILINE)[0]
    rows = re.findall(r"^\| `--([a-z-]+)` \| ([^|]*) \|", section, flags=re.MULTILINE)
    return [(name, default.replace("`", "")) for name, default in rows]


def main():
    dormouse, page = sys.argv[1:]
    here, there = helped(dormouse), tabled(page)
    same = len(here) > 0 and [name for name, _ in here] == [name for name, _ in there] and all(
        said == default or (default == "" and said in NONE) for (_, default), (_, said) in zip(here, there))
    if same:
        print(f"ok      the page has the {len(here)} flags of dormouse run and their defaults")
        return 0
    print(f"FAILED  flags and defaults of dormouse run\n        --help: {here}\n        the page: {there}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
