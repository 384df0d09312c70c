#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plugins: docs/examples/plugin/stats.c, compiled against the header that pirn-bindgen makes, serves docs/examples/plugin.wasm.
$BINDGEN is pirn-bindgen, $CC a compiler."""
import os
import pathlib
import subprocess
import tempfile
import unittest

import support
from support import ROOT

EXAMPLE = ROOT.resolve() / "docs/examples/plugin"
WIT = EXAMPLE / "wit/stats.wit"
GUEST = ROOT.resolve() / "docs/examples/plugin.wasm"
HEADERS = [f"-I{ROOT.resolve() / folder}" for folder in ("component/include", "vm/include", "vm/base/include")]


def compile_plugin(folder, source, name="plugin.so"):
    out = pathlib.Path(folder) / name
    subprocess.run([os.environ["BINDGEN"], "--wit", WIT.parent, "--out", folder, "example:plugin/stats"], check=True)
    subprocess.run([os.environ["CC"], "-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", f"-I{folder}", *HEADERS, "-o", out,
                    source], check=True)
    return str(out)


class Plugin(support.Case):
    @classmethod
    def setUpClass(cls):
        if "BINDGEN" not in os.environ or "CC" not in os.environ:
            raise unittest.SkipTest("$BINDGEN and $CC are not set")
        cls.built = tempfile.TemporaryDirectory(prefix="pirn-plugin-")
        cls.addClassCleanup(cls.built.cleanup)
        cls.library = compile_plugin(cls.built.name, EXAMPLE / "stats.c")

    def invoke(self, call, *flags):
        return self.pirn("run", *flags, "--invoke", call, GUEST)

    def given(self):
        return ("--plugin", self.library, "--wit", WIT)

    def test_its_functions_are_imports(self):
        self.expect(self.invoke("mean([1, 2.5])", *self.given()), 0, "ok(1.75)\n")
        self.expect(self.invoke("mean([])", *self.given()), 0, 'err("there are no values")\n')
        done = self.pirn("repl", *self.given(), GUEST, stdin=b'shout("so")\nmean([4])\nrestart\nshout("")\n')
        self.expect(done, 0, '"SO"\nok(4)\n""\n')

    def test_nothing_is_offered_that_was_not_named(self):
        self.expect(self.invoke("mean([])"), 1, "", err='unlinkable: missing or ill-fitting import "example:plugin/stats@1.0.0"')

    def test_a_plugin_can_trap(self):
        source = (EXAMPLE / "stats.c").read_text()
        body = 'return pirn_host_call_trap(call, "too loud: %d", (int)args->text.len);\n'
        changed = self.folder / "loud.c"
        changed.write_text(source.replace("    char *text = pirn", f"    {body}    char *text = pirn"))
        library = compile_plugin(self.folder, changed)
        done = self.invoke('shout("abc")', "--plugin", library, "--wit", WIT)
        self.expect(done, 134, "", err="trap: too loud: 3")

    def test_mistakes_in_naming_it(self):
        (self.folder / "text.so").write_text("no library")
        bad = self.folder / "bad.wit"
        bad.write_text("package a:b;\ninterface c { f: func( }\n")
        alien = self.folder / "alien.wit"
        alien.write_text("package a:b;\ninterface c { f: func(x: stream<u8>); }\n")
        stranger = self.folder / "stranger.wit"
        stranger.write_text(WIT.read_text().replace("shout: func(text: string)", "shout: func(text: string, n: u8)"))
        more = self.folder / "more.wit"
        more.write_text(WIT.read_text().replace("  shout: func", "  whisper: func();\n  shout: func", 1))
        cases = [
            (("--plugin", self.library), 2, "its functions' types are missing: --wit FILE"),
            (("--wit", WIT), 2, "write --plugin LIBRARY --wit FILE, one behind the other"),
            (("--plugin", self.library, "--plugin", self.library, "--wit", WIT), 2, "one behind the other"),
            ((*self.given(), *self.given()), 2, 'interface "example:plugin/stats@1.0.0" is defined already'),
            (("--plugin", "stats.so", "--wit", WIT), 2, "write the path of the library, with a '/': ./stats.so"),
            (("--plugin", "./none.so", "--wit", WIT), 2, "--plugin ./none.so: ./none.so: cannot open shared object file"),
            (("--plugin", "./text.so", "--wit", WIT), 2, "--plugin ./text.so: ./text.so: "),
            (("--plugin", self.library, "--wit", "none.wit"), 2, "--wit none.wit: No such file or directory"),
            (("--plugin", self.library, "--wit", bad), 2, f"--wit {bad}: 2:"),
            (("--plugin", self.library, "--wit", alien), 2, "a plugin's functions cannot have a stream"),
            (("--plugin", self.library, "--wit", more), 2,
             "has no function example_plugin_stats_whisper, for whisper of example:plugin/stats@1.0.0; pirn-bindgen writes"),
            (("--plugin", self.library, "--wit", stranger), 1,
             'function "shout" is func(text: string) -> string, the linker has func(text: string, n: u8) -> string'),
        ]
        for flags, code, message in cases:
            with self.subTest(message):
                self.expect(self.invoke("mean([])", *flags), code, "", err=message)


if __name__ == "__main__":
    support.main()
