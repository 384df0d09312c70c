# SPDX-License-Identifier: Apache-2.0
"""Runs programs as processes of their own and says what they took (measure.c)."""
import dataclasses
import os
import pathlib
import statistics
import subprocess
import tempfile


@dataclasses.dataclass
class Run:
    cpu: float  # seconds, user and system
    wall: float  # seconds
    peak_kib: int
    output: bytes
    code: int


class Measure:
    def __init__(self, program):
        self.program = pathlib.Path(program)

    def run(self, command, core=None):
        """`core`: the CPU to be pinned to, or None."""
        read_end, write_end = os.pipe()
        with tempfile.TemporaryFile() as output:
            # The figures come through descriptor 3.
            script = f'exec "$@" 3>&{write_end}'
            subprocess.run(["sh", "-c", script, "sh", self.program, "-" if core is None else str(core), *map(str, command)],
                           stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.DEVNULL, pass_fds=[write_end], check=True)
            os.close(write_end)
            with os.fdopen(read_end) as figures:
                cpu, wall, peak, code = figures.readline().split()
            output.seek(0)
            return Run(float(cpu), float(wall), int(peak), output.read(), int(code))

    def interleaved(self, commands, runs, core=None):
        """commands: {name: command}. {name: [Run, ...]}: in turn, so that a drift of the machine meets all alike."""
        results = {name: [] for name in commands}
        for _ in range(runs):
            for name, command in commands.items():
                results[name].append(self.run(command, core))
        return results


def last_core():
    """The core that other work is least likely to be on."""
    return max(os.sched_getaffinity(0))


def median(runs, figure):
    return statistics.median(getattr(r, figure) for r in runs)


def least(runs, figure):
    return min(getattr(r, figure) for r in runs)
