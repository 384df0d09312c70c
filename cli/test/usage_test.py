#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line itself: help, mistakes, files that are no WebAssembly, validate, inspect."""
import json
import os
import pathlib
import re
import resource
import subprocess
import unittest

import support
from support import ROOT, guest

HELLO = ROOT.resolve() / "docs/examples/hello.wasm"


class Help(support.Case):
    def test_every_verb_has_help_with_examples(self):
        overview = self.pirn("--help")
        self.expect(overview, 0)
        verbs = re.findall(r"^  (\w+) ", overview.out, re.M)
        self.assertTrue({"run", "validate", "inspect"} <= set(verbs), verbs)
        for verb in verbs:
            done = self.pirn(verb, "--help")
            self.expect(done, 0)
            self.assertIn("examples:\n  pirn " + verb, done.out)
            self.expect(self.pirn("help", verb), 0, done.out)
            self.expect(self.pirn(verb, "-h"), 0, done.out)
        self.expect(self.pirn("help", "rnu"), 2, "", err="did you mean 'run'?")

    def test_manual_and_completion_know_every_option(self):
        options = set(re.findall(r"--[a-z0-9-]+", self.pirn("run", "--help").out))
        for kind in ("bash", "zsh", "fish", "man"):
            with self.subTest(kind):
                done = self.pirn("completion", kind)
                self.expect(done, 0)
                text = done.out.replace("\\-", "-").replace("-l ", "--")
                self.assertEqual([o for o in sorted(options) if o not in text], [])

    def test_no_arguments_is_a_usage_error(self):
        self.expect(self.pirn(), 2, "", err="usage: pirn VERB")

    def test_version(self):
        self.assertRegex(self.pirn("--version").out, r"^pirn \d+\.\d+\.\d+\n$")


class Mistakes(support.Case):
    def test_each_mistake_says_what_is_wrong(self):
        cases = [
            (["rnu", "x"], 2, "'rnu' is neither a verb nor a file; did you mean 'run'?"),
            (["run"], 2, "which file?"),
            (["run", "--dri", ".", HELLO], 2, "unknown option --dri; did you mean --dir?"),
            (["run", "--dir"], 2, "--dir needs a value: --dir HOST[::GUEST][:ro]"),
            (["run", "--inherit-env=yes", HELLO], 2, "--inherit-env takes no value"),
            (["run", "-v", HELLO], 2, "unknown option -v; options of a word begin with two dashes"),
            (["run", "-W"], 2, "-W needs a value: -W NAME=on|off"),
            (["run", "-W", "gc=maybe", HELLO], 2, "-W gc=maybe: write gc=on or gc=off"),
            (["run", "-Wgc-stres", HELLO], 2, "-W gc-stres: unknown name 'gc-stres'; did you mean 'gc-stress'?"),
            (["inspect", "--features", "3.0,-simb", HELLO], 2, "unknown feature 'simb'; did you mean 'simd'?"),
            (["validate", "--features", "4.0", HELLO], 2, "unknown feature '4.0'; did you mean '1.0'?"),
            (["validate", "--features", "gc-stress", HELLO], 2, "unknown feature 'gc-stress'"),
            (["validate", "--features", "2.0,", HELLO], 2, "unknown feature ''"),
            (["wast", "--features", "wide", HELLO], 2, "--features wide: unknown feature 'wide'"),
            (["run", "--timeout", "soon", HELLO], 2, "--timeout soon: not a time"),
            (["run", "--fuel", "-1", HELLO], 2, "--fuel -1: not a number"),
            (["run", "--max-memory", "64MB!", HELLO], 2, "--max-memory 64MB!: not a size"),
            (["run", "--dir", "nowhere", HELLO], 2, "--dir nowhere: "),
            (["run", "--env", "=x", HELLO], 2, "--env =x: "),
            (["run", "missing.wasm"], 1, "missing.wasm: No such file or directory"),
            (["validate"], 2, "which file?"),
            (["inspect"], 2, "say one file"),
            (["completion", "tcsh"], 2, "bash, zsh, fish, man"),
        ]
        for args, code, message in cases:
            with self.subTest(" ".join(map(str, args))):
                self.expect(self.pirn(*args), code, "", err=message)

    def test_a_misspelt_option_behind_the_file_is_the_guests(self):
        self.expect(self.pirn("run", HELLO, "--dri"), 0, "Hello from a component, --dri!\n")


class Features(support.Case):
    """--features and -W."""

    def states(self, *args):
        done = self.pirn("validate", *args, "-W", "help")
        self.expect(done, 0)
        self.assertEqual(done.err, "")
        return dict(re.findall(r"^  (\S+) +(on|off) ", done.out, re.M))

    def on(self, *args):
        return {name for name, state in self.states(*args).items() if state == "on"}

    def test_help_lists_every_name_with_its_state(self):
        on = self.on()
        self.assertTrue({"simd", "gc", "memory64"} <= on, on)
        self.assertEqual(self.states()["threads"], "off")
        self.assertEqual(self.states()["gc-stress"], "off")
        self.assertEqual(self.pirn("run", "-W", "help").out, self.pirn("wast", "-Whelp").out)

    def test_lists_are_applied_from_left_to_right(self):
        # A standard of the language leaves everything else as it is.
        default = self.on()
        switches = {name for name in default if name == "fusion" or name.startswith("cm")}
        self.assertEqual(self.on("--features", "1.0"), {"mutable-globals"} | switches)
        self.assertEqual(self.on("--features", "mvp,simd,+gc"), {"mutable-globals", "simd", "gc"} | switches)
        self.assertEqual(self.on("--features", "-simd"), default - {"simd"})
        self.assertEqual(self.on("--features", "simd,1.0"), {"mutable-globals"} | switches)
        self.assertEqual(self.on("--features=2.0") - switches, {name for name in default if re.search(
            rf"^  {name} +on +[12]\.0", self.pirn("run", "-W", "help").out, re.M)})
        self.assertTrue({"threads", "legacy-exceptions"} <= self.on("--features", "all"))
        self.assertEqual(self.on("--features", "1.0", "--features", "default"), default)
        self.assertEqual(self.on("--features", "all", "-W", "threads=off"), self.on("--features", "all") - {"threads"})
        self.assertEqual(self.on("-W", "threads"), default | {"threads"})
        self.assertTrue({"cm-async", "cm-map", "cm-implements"} <= default, default)
        self.assertEqual(self.on("--features", "-cm-map,cm-threading"), (default - {"cm-map"}) | {"cm-threading"})
        self.assertTrue({"cm-fixed-length-lists", "cm-error-context"} <= self.on("--features", "all"))
        self.assertEqual(self.on("--features", "cm-threading,1.0,default"), default)
        self.assertEqual(self.on("-Wgc-stress=on"), default | {"gc-stress"})

    def test_every_verb_that_loads_modules_has_the_features(self):
        (self.folder / "m.wat").write_text('(module (memory 1 1 shared) (func (export "f")))')
        (self.folder / "m.wast").write_text('(module (memory 1 1 shared))')
        for verb in (["validate"], ["inspect"], ["run", "--invoke", "f"]):
            with self.subTest(verb[0]):
                self.expect(self.pirn(*verb, "m.wat"), 1, "", err="the feature threads, which is off")
                self.expect(self.pirn(*verb, "-Wthreads=on", "m.wat"), 0)
                self.expect(self.pirn(*verb, "--features", "threads", "m.wat"), 0)
        (self.folder / "c.wasm").write_bytes(b"\0asm\x0d\0\1\0\7\4\1\x63\x73\x79")  # a component with a map type
        self.expect(self.pirn("validate", "c.wasm"), 0)
        self.expect(self.pirn("validate", "-Wcm-map=off", "c.wasm"), 1, "", err="the feature cm-map, which is off")
        self.expect(self.pirn("wast", "m.wast"), 1)
        self.expect(self.pirn("wast", "--features", "threads", "m.wast"), 0)
        self.expect(self.pirn("wast", "--jobs", "0", "-W", "threads", "m.wast"), 0)

    def test_what_is_no_command_fails_by_its_word_and_the_script_goes_on(self):
        (self.folder / "m.wast").write_text("(foo)\n(module)\n")
        self.expect(self.pirn("wast", "m.wast"), 1, """m.wast:1: failed: foo
  expected a command
  came     unknown operator foo, expected a command (at 1:2)
folder  files  passed  failed  skipped  run as
.           1       1       1        0  3.0
1 passed, 1 failed, 0 skipped
""")


class Streams(support.Case):
    """The standard streams of the program itself."""

    def test_closed_streams_are_no_free_numbers(self):
        for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            with self.subTest(closed):
                done = subprocess.run(["sh", "-c", f'"$0" run "$1" {closed}', support.PIRN, HELLO], capture_output=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(done.stdout, b"" if ">&-" in closed.split() else b"Hello from a component!\n")

    def test_output_that_cannot_be_written_is_a_failure(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("there is no /dev/full")
        for verb in ("inspect", "run --help", "--version"):
            with self.subTest(verb):
                with open("/dev/full", "w") as full:
                    done = subprocess.run([support.PIRN, *verb.split(), HELLO], stdout=full, stderr=subprocess.PIPE)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn(b"pirn: standard output: ", done.stderr)

    def test_a_reader_that_goes_ends_the_guest_s_output_only(self):
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run([support.PIRN, "run", HELLO], stdout=write, stderr=subprocess.PIPE, timeout=60)
        os.close(write)
        self.assertEqual(done.returncode, 0, done.stderr)


class Text(support.Case):
    """Names and words that others made up."""
    NAME = "\x1b[2J\u009b\nl\u00f6ss"
    SHOWN = "\\u{1b}[2J\\u{9b}\\u{a}l\u00f6ss"

    def module(self):
        name = self.NAME.encode()
        entry = bytes([len(name)]) + name
        imports = b"\x01" + entry + entry + b"\x00\x00"
        (self.folder / "m.wasm").write_bytes(b"\0asm\1\0\0\0" + b"\x01\x04\x01\x60\0\0" + bytes([2, len(imports)]) + imports
                                             + bytes([0, len(entry)]) + entry)

    def test_names_cannot_steer_the_terminal(self):
        self.module()
        inspected = self.pirn("inspect", "m.wasm")
        self.expect(inspected, 0)
        self.assertIn(f"  {self.SHOWN} {self.SHOWN}: func\n", inspected.out)
        self.assertIn(f"bytes  {self.SHOWN}\n", inspected.out)
        self.assertNotIn("\x1b", inspected.out)
        refused = self.pirn("run", "m.wasm")
        self.assertEqual(refused.returncode, 1)
        self.assertNotIn("\x1b", refused.err)
        described = json.loads(self.pirn("inspect", "--json", "m.wasm").out)
        self.assertEqual(described["imports"][0]["name"], self.NAME)

    def test_a_file_s_name_need_not_be_text(self):
        path = os.fsencode(self.folder) + b"/h\xff.wasm"
        with open(path, "wb") as copy:
            copy.write(HELLO.read_bytes())
        done = subprocess.run([support.PIRN, "run", path], capture_output=True)
        self.assertEqual((done.returncode, done.stdout), (0, b"Hello from a component!\n"), done.stderr)
        done = subprocess.run([support.PIRN, "validate", "--json", path], capture_output=True)
        self.assertEqual(json.loads(done.stdout)["file"], path.decode("utf-8", "replace"))
        done = subprocess.run([support.PIRN, "run", HELLO, b"\xff"], capture_output=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"argument '\\xff': an argument is not UTF-8", done.stderr)

    def test_many_and_long_arguments(self):
        words = ["x" * 100000, *["y"] * 20000]
        done = self.pirn("run", HELLO, *words)
        self.assertIn(done.returncode, (0, 134), done.err)  # what the guest's own memory takes


class Files(support.Case):
    def test_files_that_are_no_webassembly(self):
        (self.folder / "empty.wasm").write_bytes(b"")
        (self.folder / "text.txt").write_text("a text\n")
        (self.folder / "binary").write_bytes(bytes(range(256)))
        (self.folder / "version").write_bytes(b"\0asm\7\0\0\0")
        (self.folder / "folder").mkdir()
        cases = [
            ("empty.wasm", "the file is empty"),
            ("text.txt", "this is a text file, but not WebAssembly"),
            ("binary", "it does not begin with \\0asm"),
            ("version", "of a version or layer that is not known"),
            ("folder", "this is a directory"),
        ]
        for verb in ("run", "validate", "inspect", "parse", "print"):
            for name, message in cases:
                with self.subTest(f"{verb} {name}"):
                    done = self.pirn(verb, name)
                    self.expect(done, 1, "", err=message)
                    self.assertEqual(done.err.count("\n"), 1)

    def test_a_module_without_start_and_a_component_without_run(self):
        (self.folder / "module.wasm").write_bytes(b"\0asm\1\0\0\0")
        (self.folder / "component.wasm").write_bytes(b"\0asm\x0d\0\1\0")
        self.expect(self.pirn("run", "module.wasm"), 1, "", err="_start")
        self.expect(self.pirn("run", "component.wasm"), 1, "", err="wasi:cli/run")

    def test_standard_input_is_a_file_too(self):
        self.expect(self.pirn("validate", "-", stdin=HELLO.read_bytes()), 0, "")


class Assembling(support.Case):
    """Modules in the text format, which every verb takes, and from binary to text."""
    FAC = """;; n!
    (module $fac
      (func $fac (export "fac") (param $n i64) (result i64)
        (if (result i64) (i64.eqz (local.get $n))
          (then (i64.const 1))
          (else (i64.mul (local.get $n) (call $fac (i64.sub (local.get $n) (i64.const 1))))))))
    """

    def test_text_is_assembled_and_runs(self):
        (self.folder / "fac.wat").write_text(self.FAC)
        self.expect(self.pirn("parse", "fac.wat"), 0, "")
        binary = (self.folder / "fac.wasm").read_bytes()
        self.assertEqual(binary[:8], b"\0asm\1\0\0\0")
        self.assertIn(b"\4name", binary)
        self.assertEqual(self.pirn("parse", "--output", "-", "fac.wat").stdout, binary)
        self.expect(self.pirn("validate", "fac.wat", "fac.wasm"), 0, "")
        for name in ("fac.wat", "fac.wasm"):
            self.expect(self.pirn("run", "--invoke", "fac", name, "20"), 0, "2432902008176640000\n")
            self.assertIn("fac", self.pirn("inspect", name).out)
        self.expect(self.pirn("parse", "fac.wasm"), 1, "", err="this is a binary already")
        self.expect(self.pirn("parse", "--output", "no/such/folder", "fac.wat"), 1, "", err="no/such/folder")

    COMPONENT = """;; adds
        (component
          (core module $m (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
          (core instance $i (instantiate $m))
          (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add"))))
        """

    def test_the_text_of_a_component_is_assembled_and_runs(self):
        (self.folder / "add.wat").write_text(self.COMPONENT)
        self.expect(self.pirn("parse", "add.wat"), 0, "")
        binary = (self.folder / "add.wasm").read_bytes()
        self.assertEqual(binary[:8], b"\0asm\x0d\0\1\0")
        self.assertIn(b"component-name", binary)
        self.expect(self.pirn("validate", "add.wat", "add.wasm"), 0, "")
        for name in ("add.wat", "add.wasm"):
            self.assertIn("add", self.pirn("inspect", name).out)
            self.expect(self.pirn("run", "--invoke", "add(40, 2)", name), 0, "42\n")
        self.expect(self.pirn("print", "--output", "again.wat", "add.wasm"), 0, "")
        self.assertEqual(self.pirn("parse", "--output", "-", "again.wat").stdout, binary)
        self.expect(self.pirn("print", "--ir", "add.wasm"), 1, "", err="this is a component; --ir and --offsets are for core modules")

    def test_a_mistake_in_the_text_of_a_component_is_shown(self):
        (self.folder / "add.wat").write_text(self.COMPONENT.replace("canon lift", "canon lfit"))
        self.expect(self.pirn("parse", "add.wat"), 1, "", err="5:84: malformed: unexpected token lfit, expected lift\n")

    def test_a_module_is_printed_and_assembled_again(self):
        (self.folder / "fac.wat").write_text(self.FAC)
        self.expect(self.pirn("parse", "fac.wat"), 0, "")
        done = self.pirn("print", "fac.wasm")
        self.expect(done, 0)
        self.assertIn("\n    local.get $n\n    i64.eqz\n    if (;@1;) (result i64)\n      i64.const 1\n", done.out)
        self.expect(self.pirn("print", "fac.wat"), 0, done.out)
        self.expect(self.pirn("print", "--output", "again.wat", "fac.wasm"), 0, "")
        self.assertEqual(self.pirn("parse", "--output", "-", "again.wat").stdout, (self.folder / "fac.wasm").read_bytes())
        offsets = self.pirn("print", "--offsets", "fac.wasm")
        self.expect(offsets, 0)
        self.assertRegex(offsets.out, r"\n\(;@[0-9a-f]+ *;\)     local.get \$n\n")
        cells = self.pirn("print", "--ir", "fac.wasm")
        self.expect(cells, 0)
        self.assertRegex(cells.out, r"\n +call \$fac\n +;; +\d+ call")
        self.assertEqual(self.pirn("parse", "--output", "-", "-", stdin=cells.stdout).stdout,
                         (self.folder / "fac.wasm").read_bytes())

    def test_what_cannot_be_printed_is_told(self):
        self.expect(self.pirn("print"), 2, "", err="say one file")
        self.assertTrue(self.pirn("print", HELLO).out.startswith("(component"))
        (self.folder / "bad.wasm").write_bytes(b"\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\x0a\5\1\3\0\xff\x0b")
        self.expect(self.pirn("print", "bad.wasm"), 1, err="malformed: illegal opcode ff (at offset 0x17)")
        self.expect(self.pirn("print", "--ir", "bad.wasm"), 1, "", err="malformed: illegal opcode ff")
        (self.folder / "fac.wat").write_text(self.FAC)
        self.expect(self.pirn("print", "--output", "no/such/folder", "fac.wat"), 1, "",
                    err="pirn print: no/such/folder: No such file or directory\n")

    def test_guests_that_are_modules_are_the_same_behind_their_text(self):
        printed = 0
        for path in sorted(support.GUESTS.resolve().glob("*.wasm")):
            done = self.pirn("print", "--output", "first.wat", path)
            if "this is a component" in done.err:
                continue
            with self.subTest(path.name):
                self.expect(done, 0, "")
                self.expect(self.pirn("parse", "--output", "again.wasm", "first.wat"), 0, "")
                self.expect(self.pirn("validate", "--features", "all", "again.wasm"), 0, "")
                self.expect(self.pirn("print", "--output", "again.wat", "again.wasm"), 0, "")
                self.assertTrue((self.folder / "first.wat").read_bytes() == (self.folder / "again.wat").read_bytes())
            printed += 1
        if printed == 0:
            self.skipTest("the guests have not been built (./dev guests)")

    def test_an_error_is_shown_in_its_line(self):
        (self.folder / "bad.wat").write_text("(module\n\t(func (i32.const0)))\n")
        for verb in ("run", "validate", "inspect", "parse", "print"):
            self.expect(self.pirn(verb, "bad.wat"), 1, "",
                        err="error: bad.wat: 2:9: malformed: unknown operator i32.const0, expected an instruction\n"
                            "    2 |  (func (i32.const0)))\n"
                            "      |         ^\n")

    def test_an_invalid_instruction_is_shown_in_its_line(self):
        (self.folder / "bad.wat").write_text("""(module
  (func)
  (func $add (param i32 i64) (result i32)
    local.get 0
    (i32.add
      (local.get 1))))
""")
        told = ("error: bad.wat: 5:6: invalid: type mismatch: expected i32, found i64 (at offset 0x25)\n"
                "  in function 1 add\n"
                "    5 |     (i32.add\n"
                "      |      ^\n")
        for verb in ("run", "validate", "inspect"):
            self.expect(self.pirn(verb, "bad.wat"), 1, "")
            self.assertEqual(self.pirn(verb, "bad.wat").err, told)
        self.assertEqual(json.loads(self.pirn("validate", "--json", "bad.wat").out), {
            "file": "bad.wat", "kind": "module", "status": "invalid", "offset": 0x25, "function": 1, "function_name": "add",
            "message": "type mismatch: expected i32, found i64", "line": 5, "column": 6})

    def test_files_that_cannot_be_read_are_told_in_json_too(self):
        (self.folder / "bad.wat").write_text("(module\n  (func (i32.const0)))\n")
        (self.folder / "text").write_text("a text")
        done = self.pirn("validate", "--json", "bad.wat", "text", "missing.wasm", HELLO)
        self.expect(done, 1)
        self.assertEqual(done.err, "")
        self.assertEqual([json.loads(line) for line in done.out.splitlines()], [
            {"file": "bad.wat", "kind": "module", "status": "malformed", "message": "unknown operator i32.const0, expected an instruction",
             "line": 2, "column": 10},
            {"file": "text", "status": "usage",
             "message": "this is a text file, but not WebAssembly: it does not begin with a parenthesis"},
            {"file": "missing.wasm", "status": "i/o", "message": "No such file or directory"},
            {"file": str(HELLO), "kind": "component", "status": "valid"}])

    def test_errors_at_the_ends_of_text(self):
        for text in ("(", "(module", "(module)\n)", "(module (func", "(module \"", "(", ";;\n(", "(module)(module)"):
            (self.folder / "bad.wat").write_text(text)
            self.expect(self.pirn("parse", "bad.wat"), 1, "", err="malformed: ")


class Validate(support.Case):
    def test_valid_files_are_not_talked_about(self):
        self.expect(self.pirn("validate", HELLO, guest("hello")), 0, "")

    def test_an_error_has_its_place(self):
        broken = bytearray(pathlib.Path(guest("hello")).read_bytes())
        body = broken.find(b"\x20\x00\x20\x01")  # local.get 0, local.get 1, somewhere in a body
        broken[body] = 0xFF
        (self.folder / "broken.wasm").write_bytes(broken)
        done = self.pirn("validate", "broken.wasm")
        self.expect(done, 1, "", err=f"(at offset {body:#x})")
        self.assertIn("in function ", done.err)
        result = json.loads(self.pirn("validate", "--json", "broken.wasm").out)
        self.assertEqual((result["status"], result["offset"]), ("malformed", body))
        self.assertEqual(json.loads(self.pirn("validate", "--json", HELLO).out)["status"], "valid")


class Explain(support.Case):
    """validate --explain: the stacks of validation before each instruction."""
    TEXT = """(module
  (func)
  (func $add (param i32 i64) (result i32)
    (block $b (result i32)
      i32.const 7
      br $b)
    (i32.add
      (local.get 1))))
"""
    TABLE = """function 1: each instruction, the operands before it and the labels around it
  0x000021 4:6      block $b (result i32)            []                       func [i32]
  0x000023 5:7        i32.const 7                    [|]                      func [i32] block [i32]
  0x000025 6:7        br $b                          [| i32]                  func [i32] block [i32]
  0x000027 6:12     end                              [| *]                    func [i32] block [i32]
  0x000028 8:8      local.get 1                      [i32]                    func [i32]
> 0x00002a 7:6      i32.add                          [i32 i64]                func [i32]
"""

    def test_the_instructions_before_an_error(self):
        (self.folder / "bad.wat").write_text(self.TEXT)
        self.expect(self.pirn("validate", "--explain", "bad.wat"), 1, self.TABLE, err="7:6: invalid: type mismatch")
        lines = self.TABLE.splitlines(True)
        self.expect(self.pirn("validate", "--explain", "--window", "2", "bad.wat"), 1, lines[0] + "".join(lines[-3:]))
        self.assertEqual(self.pirn("validate", "bad.wat").out, "")

    def test_as_json(self):
        (self.folder / "bad.wat").write_text(self.TEXT)
        told = json.loads(self.pirn("validate", "--explain", "--window", "0", "--json", "bad.wat").out)
        self.assertEqual(told["explanation"], {"function": 1, "steps": [
            {"offset": 0x2a, "line": 7, "column": 6, "text": "i32.add", "depth": 0, "operands": ["i32", "i64"],
             "operand_count": 2, "label_count": 1,
             "labels": [{"kind": "func", "types": ["i32"], "height": 0, "unreachable": False}]}]})

    def test_a_function_that_is_valid(self):
        (self.folder / "ok.wat").write_text("(module (func) (func (drop (i32.const 1))))")
        self.expect(self.pirn("validate", "--function", "1", "ok.wat"), 0, """\
function 1: each instruction, the operands before it and the labels around it
  0x00001b 1:29     i32.const 1                      []                       func []
  0x00001d 1:23     drop                             [i32]                    func []
  0x00001e 1:42     end                              []                       func []
""")
        self.expect(self.pirn("validate", "--explain", "ok.wat"), 0, "")

    def test_functions_have_names_of_their_own_and_of_exports(self):
        (self.folder / "ok.wat").write_text('(module (import "a" "b" (func)) (func $f) (func $f2 (export "e f")))')
        for name, index in (("f", 1), ("f2", 2), ("e f", 2), ("2", 2)):
            done = self.pirn("validate", "--function", name, "ok.wat")
            self.expect(done, 0)
            self.assertTrue(done.out.startswith("function %d:" % index), done.out)
        for name, why in (("x", 'there is no function "x"'), ("0", "there is no function 0 with a body"),
                          ("3", "there is no function 3 with a body")):
            self.expect(self.pirn("validate", "--function", name, "ok.wat"), 1, "",
                        err="pirn validate: ok.wat: --function %s: %s\n" % (name, why))
        self.expect(self.pirn("validate", "--function", "0", HELLO), 1, "", err="a component has no functions of its own")

    def test_a_module_in_a_component(self):
        (self.folder / "bad.wat").write_text(self.TEXT)
        module = self.pirn("parse", "--output", "-", "bad.wat").stdout
        inner = b"\0asm\x0d\0\1\0" + bytes([1, len(module)]) + module
        (self.folder / "c.wasm").write_bytes(b"\0asm\x0d\0\1\0" + bytes([4, len(inner)]) + inner)
        done = self.pirn("validate", "--explain", "--window", "1", "c.wasm")
        self.expect(done, 1)
        self.assertRegex(done.out, r"^function 1: .*\n  0x00003c +local\.get 1 .*\n> 0x00003e +i32\.add +\[i32 i64\]")


class Inspect(support.Case):
    def test_component(self):
        done = self.pirn("inspect", HELLO)
        self.expect(done, 0)
        self.assertIn("wasi:cli/environment@0.2.12", done.out)
        self.assertIn("get-arguments: func() -> list<string>", done.out)
        self.assertIn("stream-error: variant { last-operation-failed(own<error>), closed }", done.out)
        self.assertIn("blocking-write-and-flush: func(self: borrow<output-stream>, contents: list<u8>) -> result<_, stream-error>", done.out)
        self.assertRegex(done.out, r"(?m)^ +\d+ core module +\d+ bytes$")
        described = json.loads(self.pirn("inspect", "--json", HELLO).out)
        self.assertEqual(described["kind"], "component")
        self.assertIn("wasi:cli/run@0.2.12", [e["name"] for e in described["exports"]])
        self.assertEqual(sum(1 for m in described["modules"] if m["code_bytes"] > 100), 1)

    def test_module_without_a_name(self):
        (self.folder / "module.wasm").write_bytes(b"\0asm\1\0\0\0")
        self.expect(self.pirn("inspect", "module.wasm"), 0, "module.wasm: module, 8 bytes\nsections:\n")

    def test_module(self):
        described = json.loads(self.pirn("inspect", "--json", guest("hello")).out)
        self.assertIn(("wasi_snapshot_preview1", "fd_write"), [(i["module"], i["name"]) for i in described["imports"]])
        self.assertIn("_start", [e["name"] for e in described["exports"]])
        size = sum(s["size"] for s in described["sections"])
        self.assertLess(size, described["sections"][-1]["offset"] + described["sections"][-1]["size"])

    def test_cost(self):
        done = self.pirn("inspect", "--cost", HELLO)
        self.expect(done, 0)
        self.assertRegex(done.out, r"(?m)^ +\d+ cells when all is translated$")
        self.assertRegex(done.out, r"(?m)^ +\d+ bytes for a thousand instances$")
        cost = json.loads(self.pirn("inspect", "--cost", "--json", HELLO).out)["cost"]
        code, instances = cost["code"], cost["instances"]
        self.assertTrue(100 < code["code_bytes"] < 3500 and 10 < code["cells"] < code["code_bytes"], code)
        self.assertEqual(instances["memory_bytes"] % 65536, 0)
        self.assertTrue(1000 < instances["slab_bytes"] < 65536, instances)
        self.assertEqual(instances["thousand_bytes"],
                         instances["shared_bytes"] + 1000 * (instances["slab_bytes"] + instances["written_bytes"]))

    def test_cost_of_a_module_with_imports_of_each_kind(self):
        (self.folder / "m.wat").write_text("""(import "" "f" (func)) (import "" "t" (table 3 funcref)) (import "" "m" (memory 2))
            (import "" "g" (global i64)) (import "" "e" (tag)) (func (call 0)) (data (i32.const 0) "x")""")
        cost = json.loads(self.pirn("inspect", "--cost", "--json", "m.wat").out)["cost"]
        self.assertEqual(cost["code"]["functions"], 1)
        self.assertEqual(cost["instances"]["memory_bytes"], 131072)

    def test_cost_says_why_there_is_no_instance(self):
        (self.folder / "m.wat").write_text('(memory 1) (data (i32.const 65536) "x")')
        self.assertIn("not instantiated: out of bounds memory access\n", self.pirn("inspect", "--cost", "m.wat").out)


class Scarcity(support.Case):
    @unittest.skipIf(os.environ.get("SLOW", "1") != "1", "a sanitizer needs address space of its own")
    def test_without_address_space_for_a_memory(self):
        def few():
            resource.setrlimit(resource.RLIMIT_AS, (600 << 20, 600 << 20))
        for arguments, text in ((["run", HELLO], "Hello"), (["inspect", "--cost", HELLO], "thousand instances")):
            done = subprocess.run([support.PIRN, *arguments], preexec_fn=few, capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn(text, done.stdout)


if __name__ == "__main__":
    support.main()
