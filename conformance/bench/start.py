# SPDX-License-Identifier: Apache-2.0
"""Whole processes that do little: how long from exec to exit, and how much memory; and how fast files are decoded and validated."""
import pathlib
import shutil
import subprocess

import engines as other_engines
import processes

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = pathlib.Path(__file__).resolve().parent


def native_hello(options):
    source, program = HERE / "kernels/hello.c", options.build.parent / "bench/hello"
    if not program.exists() or source.stat().st_mtime > program.stat().st_mtime:
        program.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([shutil.which("clang-19") or "cc", "-O2", "-o", program, source], check=True)
    return program


def start(options):
    """Greetings, from exec to exit, beside the same in C and in the other engines."""
    pirn, guests = options.build / "cli/pirn", options.guests
    commands = {
        "native hello": [native_hello(options)],
        "hello, component, 3.5 KB": [pirn, ROOT / "docs/examples/hello.wasm"],
        "hello, preview 1 module, 241 KB": [pirn, guests / "hello.wasm"],
        "hello, preview 1 component, 287 KB": [pirn, guests / "hello-component.wasm"],
        "QuickJS script, 1.8 MB": [pirn, guests / "qjs.wasm"],
        "StarlingMonkey script, 15.6 MB": [pirn, guests / "starling.wasm"],
    }
    for name, template in other_engines.find(options.engine).items():
        commands[f"hello, preview 1 module, by {name}"] = other_engines.command(template, guests / "hello.wasm")
    runs = options.measure.interleaved(commands, max(options.runs, 21))
    return [{"process": name, "median ms": f"{1000 * processes.median(r, 'wall'):.2f}", "least ms": f"{1000 * processes.least(r, 'wall'):.2f}",
             "cpu ms": f"{1000 * processes.median(r, 'cpu'):.2f}", "peak MB": f"{processes.median(r, 'peak_kib') / 1024:.1f}"}
            for name, r in runs.items() if all(one.code == 0 for one in r)]


def load(options):
    """`pirn validate`: everything is decoded and validated, nothing runs. More files: --module FILE."""
    files = [options.guests / name for name in ("hello.wasm", "qjs.wasm", "starling.wasm")] + options.module
    commands = {path: [options.build / "cli/pirn", "validate", path] for path in files if path.exists()}
    empty = options.measure.interleaved({"": [options.build / "cli/pirn", "--version"]}, options.runs)[""]
    rows = []
    for path, runs in options.measure.interleaved(commands, options.runs).items():
        size = path.stat().st_size
        seconds = processes.median(runs, "wall") - processes.median(empty, "wall")
        rows.append({"file": path.name, "MB": f"{size / 1e6:.1f}", "median ms": f"{1000 * seconds:.1f}",
                     "cpu ms": f"{1000 * (processes.median(runs, 'cpu') - processes.median(empty, 'cpu')):.1f}",
                     "MB/s": f"{size / 1e6 / max(seconds, 1e-6):.0f}", "peak MB": f"{processes.median(runs, 'peak_kib') / 1024:.1f}"})
    return rows
