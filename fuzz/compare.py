#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs made-up modules with two builds, and where it is installed with wasm-interp, and compares what comes.

Usage: compare.py [--seconds N] [--first SEED] DIFFERENTIAL DIFFERENTIAL
DIFFERENTIAL is the program of that name of a build (fuzz/differential_main.c), which itself compares several ways to run a module.
Prints the first difference with its seed, and fails.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

BATCH = 200
INTERP = ["wasm-interp", "--run-all-exports"]


def fail(text):
    print(text, file=sys.stderr)
    sys.exit(1)


def outcomes(program, first, *options):
    """Seed -> text, of one batch."""
    done = subprocess.run([program, "--emit", *options, str(first), str(BATCH)], capture_output=True, text=True)
    if done.returncode != 0:
        fail(f"{program} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    parts = re.split(r"^seed (\d+)\n", done.stdout, flags=re.M)
    return dict(zip(map(int, parts[1::2]), parts[2::2]))


def compare_builds(first, second, seed):
    ours, theirs = outcomes(first, seed), outcomes(second, seed)
    for number, text in ours.items():
        if theirs[number] != text:
            fail(f"seed {number}\n---- {first}\n{text}---- {second}\n{theirs[number]}")


def calls_only(text):
    """The lines of calls, without what engines say in words of their own."""
    lines = [line for line in text.replace(",", "").splitlines() if "() =>" in line]
    return [re.sub(r"=> error:.*", "=> error", line).rstrip() for line in lines]


def compare_interp(program, seed):
    with tempfile.TemporaryDirectory() as folder:
        for number, text in outcomes(program, seed, "--common", "--write", folder).items():
            path = pathlib.Path(folder) / f"{number}.wasm"
            done = subprocess.run([*INTERP, str(path)], capture_output=True, text=True, timeout=60)
            if calls_only(done.stdout) != calls_only(text):
                fail(f"seed {number} --common\n---- {program}\n{text}---- wasm-interp\n{done.stdout}{done.stderr}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--first", type=int, default=int(time.time()) * 1000)
    parser.add_argument("first_build")
    parser.add_argument("second_build")
    args = parser.parse_args()
    has_interp = shutil.which("wasm-interp") is not None
    end, seed = time.monotonic() + args.seconds, args.first
    while time.monotonic() < end:
        compare_builds(args.first_build, args.second_build, seed)
        if has_interp:
            compare_interp(args.first_build, seed)
        seed += BATCH
    others = "both builds" + (" and wasm-interp" if has_interp else "; wasm-interp is not installed")
    print(f"seeds {args.first} to {seed - 1}: no difference between {others}")


if __name__ == "__main__":
    main()
