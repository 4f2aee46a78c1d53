#!/usr/bin/env python3
"""Counts the branches of neb's headers that tests take, from what `llvm-cov export` writes.

usage: llvm-cov export ... | scripts/branch_coverage.py [--least PERCENT] [--list]

A condition of the source has two branches, where it holds and where it does not. Of a template it counts once: a branch is taken if
any of its instances takes it, in any of the programs. What the compiler knows to hold or not does not count, nor do exceptions,
which are no conditions. Prints the share of every header that is not complete, and with --list each branch that is never taken.
Exit code 1 if less than --least (85) percent are taken.
"""

import argparse
import collections
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADERS = "/include/neb/"


def taken(export):
    """How often each condition of a header held and did not: {(header, line, column): [count, count]}."""
    counts = collections.defaultdict(lambda: [0, 0])
    for data in export["data"]:
        for part in data["files"] + data["functions"]:
            name = part.get("filename") or part["filenames"][0]
            if HEADERS not in name:
                continue
            header = name[name.index(HEADERS) + len(HEADERS):]
            for line, column, _, _, true, false, *_ in part.get("branches", []):
                counts[header, line, column][0] += true
                counts[header, line, column][1] += false
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--least", type=float, default=85, help="percent that must be taken (85)")
    parser.add_argument("--list", action="store_true", help="print each branch that is never taken")
    options = parser.parse_args()
    headers = collections.defaultdict(lambda: [0, 0])
    for (header, line, column), counts in sorted(taken(json.load(sys.stdin)).items()):
        headers[header][0] += 2
        headers[header][1] += sum(count > 0 for count in counts)
        if options.list and 0 in counts:
            text = (ROOT / "include/neb" / header).read_text().splitlines()[line - 1].strip()
            never = "true" if counts[0] == 0 else "false"
            print(f"{header}:{line}:{column}: never {'evaluated' if counts == [0, 0] else never}: {text}")
    for header, (branches, found) in headers.items():
        if found < branches:
            print(f"{found:5} of {branches:4} branches  {header}")
    branches, found = (sum(column) for column in zip(*headers.values()))
    print(f"branches: {100 * found / branches:.1f} % ({found} of {branches})")
    return 0 if found >= options.least / 100 * branches else 1


if __name__ == "__main__":
    sys.exit(main())
