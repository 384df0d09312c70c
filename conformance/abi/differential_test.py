#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds lifting, lowering and passing against the reference implementation of the Canonical ABI, definitions.py.

Usage: differential_test.py ABI_CASE [--right N] [--wrong N] [--seed N] [--definitions FILE]

Makes up N cases with a value that is right and N with a memory, core values or a realloc that are wrong; asks the reference what
comes of each, and the program abi_case (component/test/abi_case.c) what pirn makes of it: the same core values, the same bytes,
the same calls of realloc, the same handles, or a trap at the same point.

definitions.py is looked for as reference.find_definitions says; where it is not there, nothing is run and the test is skipped (77).
"""
import argparse
import random
import subprocess
import sys

import generate
import reference

SKIPPED = 77
BATCH = 1000


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("abi_case")
    parser.add_argument("--right", type=int, default=2000, metavar="N")
    parser.add_argument("--wrong", type=int, default=2000, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--definitions", metavar="FILE")
    return parser.parse_args()


def difference(line, expected, actual):
    """The first part that is not the same, for a human."""
    names = ["outcome", "core values", "calls of realloc", "memory", "sender's handles", "receiver's handles"]
    for name, e, a in zip(names, expected.split(), actual.split() + [""] * 6):
        if e != a:
            at = next((i // 2 for i, (x, y) in enumerate(zip(e, a)) if x != y), min(len(e), len(a)) // 2)
            where = f" at byte {at}" if name == "memory" else ""
            return f"{line}\n  {name}{where}\n    reference: {e}\n    pirn:      {a}"
    return f"{line}\n  reference: {expected}\n  pirn:      {actual}"


def run_batch(program, cases):
    lines, expected = [], []
    for case, letters in cases:
        expected.append(case.expected())
        lines.append(case.line(letters))
    ran = subprocess.run([program], input="\n".join(lines) + "\n", capture_output=True, text=True)
    if ran.returncode != 0:
        answered = ran.stdout.count("\n")
        print(f"{lines[min(answered, len(lines) - 1)]}\n  abi_case ended with {ran.returncode}:\n{ran.stderr[-3000:]}")
        return 0, len(lines) - answered
    wrong = [difference(*row) for row in zip(lines, expected, ran.stdout.splitlines()) if row[1] != row[2].rstrip()]
    for text in wrong[:3]:
        print(text)
    return sum(e.startswith("trap") for e in expected), len(wrong)


def run(program, generator, count, is_wrong):
    traps = differences = 0
    for begin in range(0, count, BATCH):
        cases = (generator.case(is_wrong) for _ in range(min(BATCH, count - begin)))
        trapped, differing = run_batch(program, cases)
        traps, differences = traps + trapped, differences + differing
    print(f"{'wrong' if is_wrong else 'right'}: {count} cases, {traps} traps, {differences} differences", flush=True)
    # A test that traps everywhere, or nowhere, would show nothing.
    too_many = traps > count * (0.9 if is_wrong else 0.1)
    if too_many or (is_wrong and count >= 100 and traps < count * 0.1):
        print("  the cases are not what they should be")
        return 1
    return differences


def main():
    options = arguments()
    path = reference.find_definitions(options.definitions)
    if path is None:
        print("skipped: there is no definitions.py (WebAssembly/component-model) in $PIRN_SUITES or ../shared, and $PIRN_DEFINITIONS "
              "does not lead to one")
        return SKIPPED
    generator = generate.Generator(reference.load(path), random.Random(options.seed))
    failed = run(options.abi_case, generator, options.right, False)
    failed += run(options.abi_case, generator, options.wrong, True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
