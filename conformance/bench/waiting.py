# SPDX-License-Identifier: Apache-2.0
"""Guests that wait: many sleepers in one thread (sleepers.c), and how late a time limit ends guests that never wait."""
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LIMIT_MS = 100


def sleepers(options):
    """1,000 and 10,000 guests that sleep 100 ms each."""
    rows = []
    for count in (1000, 10000):
        command = [options.build / "conformance/sleepers", options.guests / "sleeper.wasm", str(count)]
        done = subprocess.run(command, capture_output=True, text=True)
        numbers = re.findall(r"([\d.]+)", done.stdout)
        if done.returncode != 0 or len(numbers) != 7:
            raise SystemExit(f"sleepers: {done.stdout}{done.stderr}")
        _, failed, started, wall, cpu, resident, threads = map(float, numbers)
        rows.append({"guests": count, "failed": int(failed), "started s": started, "all done s": wall, "cpu s": cpu,
                     "KiB each": resident, "threads": int(threads)})
    return rows


def limits(options):
    """How late `--timeout 100ms` ends an endless loop, a loop of calls, a loop of bulk copies."""
    sys.path.insert(0, str(ROOT / "cli/test"))
    import run_test  # the module with the loops
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        module = pathlib.Path(folder) / "loops.wasm"
        module.write_bytes(run_test.LOOPS)
        for function in ("spin", "calls", "copies"):
            command = [options.build / "cli/pirn", "run", "--timeout", f"{LIMIT_MS}ms", "--invoke", function, module]
            late = sorted(1000 * options.measure.run(command).wall - LIMIT_MS for _ in range(options.runs))
            rows.append({"loop": function, "median ms late": round(statistics.median(late), 2), "most ms late": round(late[-1], 2)})
    return rows
