# SPDX-License-Identifier: Apache-2.0
"""Kernels: programs that compute, each as a native program and as a guest of pirn and of every other engine at hand.

Each prints a checksum. An engine whose output is not the native one's has no figure. How long each runs is its own default.
"""
import dataclasses
import math
import os
import pathlib
import shutil
import subprocess

import engines as other_engines
import processes

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass(frozen=True)
class Kernel:
    name: str
    source: str
    what: str
    flags: tuple = ()  # of clang, for Wasm only


KERNELS = [
    Kernel("fib", "fib.c", "direct calls"),
    Kernel("sieve", "sieve.c", "bytes in memory"),
    Kernel("matmul", "matmul.c", "f64 arrays"),
    Kernel("sha256", "sha256.c", "i32 rotations"),
    Kernel("nbody", "nbody.c", "f64, square roots"),
    Kernel("mandel", "mandel.c", "f64 in a short loop"),
    Kernel("vmloop", "vmloop.c", "br_table"),
    Kernel("bulk", "bulk.c", "memory.copy, memory.fill"),
    Kernel("qsortfp", "qsortfp.c", "call_indirect"),
    Kernel("jsonscan", "jsonscan.c", "bytes, branches, recursion"),
    Kernel("crc64", "crc64.c", "i64 and a table"),
    Kernel("hash64", "hash64.c", "i64, a hash table"),
    Kernel("simd", "simd.c", "vectors", ("-msimd128",)),
    Kernel("words", "words.rs", "strings, in Rust"),
    Kernel("script-qjs", "script.js", "JavaScript under QuickJS"),
    Kernel("script-starling", "script.js", "JavaScript under StarlingMonkey"),
]
COREMARK = Kernel("coremark", "core_main.c", "CoreMark, its own sources")
COREMARK_ITERATIONS = 5000


class Missing(Exception):
    """A kernel that cannot be built here; the text says why."""


def find_builtins():
    for folder in ("/usr/lib/llvm-19", "/usr/lib/clang"):
        for path in pathlib.Path(folder).rglob("libclang_rt.builtins-wasm32.a"):
            return path
    raise Missing("libclang_rt.builtins-wasm32.a is not installed")


def compile_with(command, target):
    if shutil.which(command[0]) is None:
        raise Missing(f"{command[0]} is not installed")
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0 or not target.exists():
        raise Missing((done.stderr.strip().splitlines() or ["no output"])[-1][:160])


def build_c(sources, flags, native, wasm, wasm_flags=()):
    compile_with(["clang-19", "-O2", "-o", native, *sources, *flags, "-lm"], native)
    compile_with(["clang-19", "--target=wasm32-wasi", "-O2", "-mbulk-memory", *wasm_flags, "-nodefaultlibs", "-o", wasm, *sources, *flags,
                  "-lm", "-lc", find_builtins()], wasm)


def build_rust(source, native, wasm):
    compile_with(["rustc", "--edition", "2021", "-O", "-o", native, source], native)
    error = None
    for target in ("wasm32-wasip1", "wasm32-wasi"):
        try:
            compile_with(["rustc", "--edition", "2021", "-O", "--target", target, "-o", wasm, source], wasm)
            return
        except Missing as problem:
            error = problem
    raise error


def build_script(kernel, guests, wasm):
    """With the jco that the test guests are built with. There is no native program: the other guest's output is compared."""
    jco = guests / "npm/node_modules/.bin/jco"
    if not jco.exists():
        raise Missing("the test guests were built without jco")
    source, backend = HERE / "kernels" / kernel.source, []
    if kernel.name == "script-qjs":
        joined = wasm.with_suffix(".js")
        joined.write_text((HERE.parent / "guests/console.js").read_text() + source.read_text())
        source, backend = joined, ["--backend", "qjs"]
    compile_with([jco, "componentize", source, "--wit", guests / "wit/command", "-n", "command", *backend, "-o", wasm], wasm)


def build_coremark(folder, native, wasm):
    sources = [folder / name for name in ("core_list_join.c", "core_main.c", "core_matrix.c", "core_state.c", "core_util.c", "posix/core_portme.c")]
    absent = [path.name for path in sources if not path.exists()]
    if absent:
        raise Missing(f"{folder} has no {absent[0]}")
    flags = [f"-I{folder}", f"-I{folder}/posix", "-DFLAGS_STR=\"-O2\"", "-DPERFORMANCE_RUN=1",
             "-DSEED_METHOD=SEED_VOLATILE", f"-DITERATIONS={COREMARK_ITERATIONS}"]
    build_c(sources, flags, native, wasm)


def build(kernel, out, guests, coremark):
    """(native program or None, guest); both are made when a source is newer."""
    native, wasm = out / kernel.name, out / f"{kernel.name}.wasm"
    source = (coremark or pathlib.Path()) / kernel.source if kernel is COREMARK else HERE / "kernels" / kernel.source
    if not wasm.exists() or source.stat().st_mtime > wasm.stat().st_mtime:
        if kernel is COREMARK:
            build_coremark(coremark, native, wasm)
        elif source.suffix == ".c":
            build_c([source], [], native, wasm, kernel.flags)
        elif source.suffix == ".rs":
            build_rust(source, native, wasm)
        else:
            build_script(kernel, guests, wasm)
    return (native if native.exists() else None), wasm


def checksum(output):
    """What has to be equal: all but CoreMark's own measurements."""
    lines = output.splitlines()
    if any(line.startswith(b"CoreMark Size") for line in lines):
        return [line for line in lines if b"crc" in line]
    return lines


def row_of(kernel, runs, reference):
    """runs: {engine: [Run]}. Figures of those that end well and print what they should."""
    row = {"kernel": kernel.name}
    for engine, results in runs.items():
        is_right = all(r.code == 0 and checksum(r.output) == reference for r in results)
        row[engine] = {"median": processes.median(results, "cpu"), "least": processes.least(results, "cpu")} if is_right else None
    figures = {engine: row[engine]["median"] for engine in runs if row[engine] is not None}
    others = {engine: figure for engine, figure in figures.items() if engine not in ("native", "pirn")}
    if "pirn" in figures and "native" in figures:
        row["pirn/native"] = figures["pirn"] / figures["native"]
    if "pirn" in figures and others:
        row["best other"] = min(others, key=others.get)
        row["pirn/best"] = figures["pirn"] / min(others.values())
        row["ratios"] = {engine: figures["pirn"] / figure for engine, figure in others.items()}
    return row


def mean(values):
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def measure(options):
    """Programs that compute: seconds of CPU time (user and system) in a process of its own, medians; and ratios.

    {"engines": {name: command}, "rows": [...], "means": {...}, "missing": {kernel: reason}}
    """
    out = options.build.parent / "bench"
    out.mkdir(parents=True, exist_ok=True)
    engines = other_engines.find(options.engine)
    kernels = KERNELS + ([COREMARK] if options.coremark else [])
    rows, missing = [], {}
    for kernel in kernels:
        if options.only and kernel.name not in options.only:
            continue
        try:
            native, wasm = build(kernel, out, options.guests, options.coremark)
        except Missing as problem:
            missing[kernel.name] = str(problem)
            continue
        commands = {"pirn": [options.build / "cli/pirn", "run", wasm]}
        if native is not None:
            commands = {"native": [native], **commands}
        commands.update({name: other_engines.command(template, wasm) for name, template in engines.items()})
        first = options.measure.run(next(iter(commands.values())))
        # An engine that cannot run it at all is not asked again and again.
        able = {name: command for name, command in commands.items() if options.measure.run(command).code == 0}
        options.progress(f"{kernel.name}: {', '.join(able)}")
        runs = options.measure.interleaved(able, options.runs, processes.last_core())
        rows.append({**row_of(kernel, runs, checksum(first.output)), "unable": [name for name in commands if name not in able]})
    means = {"pirn/native": mean(row["pirn/native"] for row in rows if "pirn/native" in row),
             "pirn/best": mean(row["pirn/best"] for row in rows if "pirn/best" in row)}
    for engine in engines:
        means[f"pirn/{engine}"] = mean(row["ratios"][engine] for row in rows if engine in row.get("ratios", {}))
    return {"engines": engines, "rows": rows, "means": means, "missing": missing}


def checks(options):
    """What limits cost while they are not reached: kernels with a time limit and with fuel, as a multiple of without, CPU time."""
    out = options.build.parent / "bench"
    out.mkdir(parents=True, exist_ok=True)
    pirn, rows = [options.build / "cli/pirn", "run"], []
    for kernel in KERNELS:
        if options.only and kernel.name not in options.only:
            continue
        try:
            _, wasm = build(kernel, out, options.guests, options.coremark)
        except Missing:
            continue
        options.progress(f"{kernel.name}: with limits")
        commands = {"none": [*pirn, wasm], "time": [*pirn, "--timeout", "60m", wasm], "fuel": [*pirn, "--fuel", "1000000G", wasm]}
        runs = options.measure.interleaved(commands, options.runs, processes.last_core())
        figures = {name: processes.median(results, "cpu") for name, results in runs.items()}
        rows.append({"kernel": kernel.name, "seconds": f"{figures['none']:.3f}",
                     **{f"with {name}": round(figures[name] / figures["none"], 3) for name in ("time", "fuel")}})
    means = {column: round(mean(row[column] for row in rows), 3) for column in ("with time", "with fuel")} if rows else {}
    return rows + [{"kernel": "geometric mean", "seconds": "", **means}] if rows else []


def table(result):
    """Rows for people: seconds of CPU time, medians."""
    engines = ["native", "pirn", *result["engines"]]
    rows = []
    for row in result["rows"]:
        shown = {"kernel": row["kernel"]}
        for engine in engines:
            figure = row.get(engine)
            shown[engine] = "wrong" if engine in row and figure is None else "-" if figure is None else f"{figure['median']:.3f}"
        shown["pirn/native"] = f"{row['pirn/native']:.2f}" if "pirn/native" in row else "-"
        shown["pirn/best"] = f"{row['pirn/best']:.2f} ({row['best other']})" if "pirn/best" in row else "-"
        rows.append(shown)
    means = result["means"]
    last = {column: "" for column in rows[0]} if rows else {}
    last["kernel"] = "geometric mean, pirn /"
    for column in ("pirn/native", "pirn/best"):
        last[column] = f"{means[column]:.2f}" if means[column] else "-"
    for engine in result["engines"]:
        last[engine] = f"{means[f'pirn/{engine}']:.2f}" if means[f"pirn/{engine}"] else "-"
    return rows + [last] if rows else []
