# SPDX-License-Identifier: Apache-2.0
"""The other engines: those on PATH that are known here, and those given as --engine NAME=COMMAND, with {wasm} for the file."""
import shlex
import shutil

# name: (program, arguments). With an interpreter to choose, it is the interpreter; JITs are named as such in docs/performance.md.
KNOWN = {
    "wasm3": ("wasm3", "{wasm}"),
    "wamr": ("iwasm", "{wasm}"),
    "wasmi": ("wasmi_cli", "{wasm}"),
    "stitch": ("stitch", "{wasm}"),
    "toywasm": ("toywasm", "--wasi {wasm}"),
    "wasmtime": ("wasmtime", "run {wasm}"),
    "wasmer": ("wasmer", "run {wasm}"),
}


def find(given):
    """{name: command template}: those given, then those on PATH. A given name hides the one on PATH."""
    engines = {}
    for text in given:
        name, separator, command = text.partition("=")
        if not separator or "{wasm}" not in command:
            raise SystemExit(f"--engine {text}: expected NAME=COMMAND with {{wasm}} in it")
        engines[name] = command
    for name, (program, arguments) in KNOWN.items():
        if name not in engines and shutil.which(program):
            engines[name] = f"{shutil.which(program)} {arguments}"
    return engines


def command(template, wasm):
    return [part.replace("{wasm}", str(wasm)) for part in shlex.split(template)]
