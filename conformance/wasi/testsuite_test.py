#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the preview 1 programs of WebAssembly/wasi-testsuite, with its own runner and the adapter beside this file.

Usage: testsuite_test.py PIRN [SUITE]
The suite is a checkout of the branch prod/testsuite-base: SUITE, else $PIRN_WASI_TESTSUITE, else $PIRN_SUITES/wasi-testsuite or
wasi-testsuite in the folder `shared` beside the project. Without it, or without the Python packages that its runner
wants, nothing is run and the test is skipped (77).

Its programs write into their directories. So they are run in a copy of these, made for this run, where the programs themselves are
links; the checkout stays as it is.
"""

import enum
import importlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Parts of the suite and how many programs each must at least have: nothing is passed by being absent.
PARTS = {"assemblyscript": 12, "c": 14, "rust": 46}
SKIPPED = 77


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def find_suite(given):
    suites = Path(os.environ.get("PIRN_SUITES", "/nonexistent"))
    places = [suites / "wasi-testsuite", HERE.parents[2] / "shared" / "wasi-testsuite"]
    named = given or os.environ.get("PIRN_WASI_TESTSUITE")
    for place in [Path(named)] if named else places:
        if (place / "test-runner" / "wasi_test_runner").is_dir():
            return place.resolve()
    skip("there is no checkout of WebAssembly/wasi-testsuite, and PIRN_WASI_TESTSUITE does not lead to one")


def link_programs(source, target):
    if source.endswith(".wasm"):
        os.symlink(source, target)
    else:
        shutil.copy2(source, target)


def copy_part(suite, part, work):
    source = suite / "tests" / part / "testsuite" / "wasm32-wasip1"
    if not source.is_dir():
        skip(f"{source} is not there: the branch with the programs is prod/testsuite-base")
    return shutil.copytree(source, work / part, symlinks=True, copy_function=link_programs)


def load_runner(suite):
    """The runner's main function. It is written for Python 3.12, in which an enumeration contains its values, too."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(suite / "test-runner"))
    if sys.version_info < (3, 12):
        enum.EnumMeta.__contains__ = lambda kind, item: isinstance(item, kind) or item in [one.value for one in kind]
    try:
        return importlib.import_module("wasi_test_runner.__main__").main
    except ModuleNotFoundError as missing:
        skip(f"the suite's runner needs the Python package {missing.name}")


def run(pirn, suite, work):
    """The runner's report, a list with an entry for each part."""
    main_of_runner = load_runner(suite)
    folders = [str(copy_part(suite, part, work)) for part in PARTS]
    report = work / "report.json"
    os.environ["PIRN"] = pirn
    sys.argv = ["wasi_test_runner", "--disable-colors", "--runtime-adapter", str(HERE / "adapter.py"),
                "--json-output-location", str(report), "--test-suite", *folders]
    main_of_runner()
    return json.loads(report.read_text(encoding="utf-8"))["results"]


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    suite = find_suite(sys.argv[2] if len(sys.argv) == 3 else None)
    with tempfile.TemporaryDirectory(prefix="pirn-wasi-") as work:
        results = run(sys.argv[1], suite, Path(work))
    passed = sum(part["passed"] for part in results)
    failed = sum(part["failed"] for part in results)
    skipped = sum(part["skipped"] for part in results)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 0 if failed == 0 and skipped == 0 and passed >= sum(PARTS.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
