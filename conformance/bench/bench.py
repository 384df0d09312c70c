#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures pirn and prints tables. No figure here is ever a test."""
import argparse
import json
import pathlib
import platform
import re
import subprocess
import sys

import calls
import chart
import instances
import kernels
import processes
import start
import waiting

# name: what measures it; the first line of its documentation is what the help shows.
SECTIONS = {
    "kernels": kernels.measure,
    "checks": kernels.checks,
    "start": start.start,
    "load": start.load,
    "instances": instances.instances,
    "waiting": waiting.sleepers,
    "limits": waiting.limits,
    "calls": calls.calls,
}


def print_table(title, rows):
    print(f"\n{title}")
    if not rows:
        print("  (nothing)")
        return
    columns = list(rows[0])
    widths = {c: max(len(str(r[c])) for r in [dict(zip(columns, columns)), *rows]) for c in columns}
    for row in [dict(zip(columns, columns)), *rows]:
        first, *others = columns
        print("  " + "  ".join([str(row[first]).ljust(widths[first]), *(str(row[c]).rjust(widths[c]) for c in others)]))


def machine():
    try:
        model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text()).group(1)
    except (OSError, AttributeError):
        model = platform.machine()
    return f"{model}, {platform.system()} {platform.release()}"


def arguments():
    sections = "\n".join(f"  {name:9} {function.__doc__.splitlines()[0]}" for name, function in SECTIONS.items())
    parser = argparse.ArgumentParser(prog="./dev bench", description=f"{__doc__}\n\nsections (default: all):\n{sections}",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("guests", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("section", nargs="*", metavar="SECTION", help="what to measure")
    parser.add_argument("--json", action="store_true", help="figures for programs, on stdout")
    parser.add_argument("--svg", type=pathlib.Path, metavar="FILE", help="draw the kernels' figures")
    parser.add_argument("--runs", type=int, default=7, metavar="N", help="runs of each command, in turn (default: 7)")
    parser.add_argument("--only", action="append", default=[], metavar="KERNEL", help="this kernel; may be repeated")
    parser.add_argument("--engine", action="append", default=[], metavar="NAME=COMMAND",
                        help="another engine to measure beside, with {wasm} for the file; those on PATH are found")
    parser.add_argument("--coremark", type=pathlib.Path, metavar="FOLDER", help="CoreMark's sources, to measure it too")
    parser.add_argument("--module", type=pathlib.Path, action="append", default=[], metavar="FILE", help="one more file to load")
    options = parser.parse_args()
    unknown = [name for name in options.section if name not in SECTIONS]
    if unknown:
        parser.error(f"unknown section '{unknown[0]}' (sections: {', '.join(SECTIONS)})")
    options.build, options.guests = options.build.resolve(), options.guests.resolve()
    options.measure = processes.Measure(options.build / "conformance/measure")
    options.progress = lambda text: print(text, file=sys.stderr) if sys.stderr.isatty() else None
    return options


def main():
    options = arguments()
    version = subprocess.run([options.build / "cli/pirn", "--version"], capture_output=True, text=True).stdout.strip()
    chosen = options.section or list(SECTIONS)
    results = {name: SECTIONS[name](options) for name in chosen}
    if options.svg and "kernels" in results:
        options.svg.write_text(chart.svg(results["kernels"], f"CPU time, native = 1: {version}, {machine()}"))
    if options.json:
        print(json.dumps({"machine": machine(), "version": version, "runs": options.runs, **results}, indent=2))
        return
    print(f"{version} on {machine()}; {options.runs} runs")
    for name, result in results.items():
        print_table(f"{name}: {SECTIONS[name].__doc__.splitlines()[0]}", kernels.table(result) if name == "kernels" else result)
        for kernel, reason in (result["missing"] if name == "kernels" else {}).items():
            print(f"  left out: {kernel}: {reason}")


if __name__ == "__main__":
    main()
