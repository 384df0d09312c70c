#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures pirn and prints tables. No figure here is ever a test.

usage: bench.py BUILD_FOLDER GUESTS_FOLDER [--json] [--runs N]

  waiting   1,000 and 10,000 guests that sleep 100 ms each, in one thread (sleepers.c)
  limits    how late a time limit of 100 ms ends an endless loop, a loop of calls, a loop of bulk copies
  start     whole processes: a component and a core module that greet, beside /bin/true
"""
import argparse
import json
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "cli/test"))
LIMIT_MS = 100


def wall(command):
    started = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.monotonic() - started


def waiting(build, guests, _runs):
    rows = []
    for count in (1000, 10000):
        done = subprocess.run([build / "conformance/sleepers", guests / "sleeper.wasm", str(count)], capture_output=True, text=True)
        numbers = re.findall(r"([\d.]+)", done.stdout)
        if done.returncode != 0 or len(numbers) != 7:
            raise SystemExit(f"sleepers: {done.stdout}{done.stderr}")
        _, failed, started, wall_s, cpu, resident, threads = map(float, numbers)
        rows.append({"guests": count, "failed": int(failed), "started s": started, "all done s": wall_s, "cpu s": cpu,
                     "KiB each": resident, "threads": int(threads)})
    return rows


def limits(build, _guests, runs):
    import run_test  # the module with the loops
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        module = pathlib.Path(folder) / "loops.wasm"
        module.write_bytes(run_test.LOOPS)
        for function in ("spin", "calls", "copies"):
            command = [build / "cli/pirn", "run", "--timeout", f"{LIMIT_MS}ms", "--invoke", function, module]
            late = sorted(1000 * wall(command) - LIMIT_MS for _ in range(runs))
            rows.append({"loop": function, "median ms late": round(statistics.median(late), 2), "most ms late": round(late[-1], 2)})
    return rows


def start(build, guests, runs):
    pirn = build / "cli/pirn"
    commands = {
        "/bin/true": ["/bin/true"],
        "hello, component, 3.5 KB": [pirn, ROOT / "docs/examples/hello.wasm"],
        "hello, preview 1 module, 241 KB": [pirn, guests / "hello.wasm"],
        "hello, preview 1 component, 287 KB": [pirn, guests / "hello-component.wasm"],
        "QuickJS script, 1.8 MB": [pirn, guests / "qjs.wasm"],
        "StarlingMonkey script, 15.6 MB": [pirn, guests / "starling.wasm"],
    }
    times = {name: [] for name in commands}
    for _ in range(runs):  # in turn, so that a drift of the machine meets all alike
        for name, command in commands.items():
            times[name].append(1000 * wall(command))
    return [{"process": name, "median ms": round(statistics.median(t), 2), "least ms": round(min(t), 2)} for name, t in times.items()]


def print_table(title, rows):
    print(f"\n{title}")
    columns = list(rows[0])
    widths = [max(len(str(r[c])) for r in [dict(zip(columns, columns))] + rows) for c in columns]
    for row in [dict(zip(columns, columns))] + rows:
        print("  " + "  ".join(str(row[c]).rjust(w) if not isinstance(row[c], str) or c == columns[-1] else str(row[c]).ljust(w)
                               for c, w in zip(columns, widths)))


def machine():
    try:
        model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text()).group(1)
    except (OSError, AttributeError):
        model = platform.machine()
    return f"{model}, {platform.system()} {platform.release()}"


def main():
    parser = argparse.ArgumentParser(description="Measures pirn and prints tables.")
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("guests", type=pathlib.Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=21)
    args = parser.parse_args()
    version = subprocess.run([args.build / "cli/pirn", "--version"], capture_output=True, text=True).stdout.strip()
    results = {f.__name__: f(args.build, args.guests, args.runs) for f in (waiting, limits, start)}
    if args.json:
        print(json.dumps({"machine": machine(), "version": version, **results}, indent=2))
        return
    print(f"{version} on {machine()}; wall-clock time, {args.runs} runs")
    for title, rows in results.items():
        print_table(title, rows)


if __name__ == "__main__":
    main()
