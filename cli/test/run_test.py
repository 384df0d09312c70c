#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pirn run: guests made by real toolchains, from C, Rust and JavaScript."""
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import time
import unittest

import support
from support import ROOT, SLOW, guest

# The same program as a core module with preview 1, and as a component made from it.
HELLO = ("hello", "hello-component")


class Hello(support.Case):
    def hello(self, name, *args, **options):
        return self.pirn("run", *options.pop("flags", ()), guest(name), *args, **options)

    def test_arguments_environment_clocks_and_random(self):
        for name in HELLO:
            with self.subTest(name):
                done = self.hello(name, "one", "two words", "", flags=("--env", "FIXTURE_ENV=given"))
                self.expect(done, 0, "argc=4\narg[1]=one\narg[2]=two words\narg[3]=\nFIXTURE_ENV=given\n"
                                     "clock_monotonic=ok\nclock_realtime=ok\nrandom=ok\n")

    def test_environment_is_denied_unless_given(self):
        for name in HELLO:
            with self.subTest(name):
                env = {"FIXTURE_ENV": "of the process"}
                self.assertIn("FIXTURE_ENV=(unset)", self.hello(name, env=env).out)
                self.assertIn("FIXTURE_ENV=of the process", self.hello(name, flags=("--env", "FIXTURE_ENV"), env=env).out)
                self.assertIn("FIXTURE_ENV=of the process", self.hello(name, flags=("--inherit-env",), env=env).out)

    def test_standard_input_and_error(self):
        text = b"".join(b"line %d \xc3\xa9\n" % i for i in range(20000))
        for name in HELLO:
            with self.subTest(name):
                done = self.hello(name, "cat", stdin=text)
                self.assertEqual(done.returncode, 0, done.err)
                self.assertTrue(done.stdout.endswith(text))
                self.assertEqual(done.err, f"stdin bytes={len(text)}\n")

    def test_files(self):
        outputs = []
        for name in HELLO:
            with self.subTest(name):
                done = self.hello(name, "fs", "/data", flags=("--dir", f"{self.folder}::/data"))
                self.assertEqual(done.returncode, 0, done.out + done.err)
                self.assertIn("size=8890\ntail=line 999\nmkdir=0\nentry fixture.txt\nentry sub\nrmdir=0\nunlink=0\n"
                              "unlink again=-1 errno_is_ENOENT=1\n", done.out)
                outputs.append(done.out)
                self.assertEqual(os.listdir(self.folder), [])
        self.assertEqual(len(set(outputs)), 1)

    def test_files_are_denied_unless_given(self):
        for name in HELLO:
            with self.subTest(name):
                code = 3 if name == "hello" else 1  # see test_exit_code
                self.expect(self.hello(name, "fs", str(self.folder)), code)
                self.expect(self.hello(name, "fs", "/data", flags=("--dir", f"{self.folder}::/data:ro")), code)
                self.assertEqual(os.listdir(self.folder), [])

    def test_exit_code(self):
        for name in HELLO:
            with self.subTest(name):
                self.expect(self.hello(name, "exit", "0"), 0)
        self.expect(self.hello("hello", "exit", "42"), 42)
        # The adapter in the component only says that it failed.
        self.expect(self.hello("hello-component", "exit", "42"), 1)

    def test_run_is_the_default_verb_and_argv0(self):
        self.expect(self.pirn(guest("hello"), "x"), 0)
        self.expect(self.hello("hello", flags=("--argv0", "other")), 0)


class Features(support.Case):
    def test_a_million_tail_calls(self):
        self.expect(self.pirn("run", guest("tail")), 0, "249826334656 251387521926\n")


class Exceptions(support.Case):
    JUMPS = "inner 7\nouter 42\nzero becomes 1\nrounds 50005000\n"
    CPP = ("~half ~half ~half ~eighth = 8\n~half ~half ~half ~eighth again odd: 5\n~half ~eighth again odd: 7\n"
           "inside 101 outside 100\n50005000\n")

    def test_setjmp_and_longjmp(self):
        self.expect(self.pirn("run", guest("longjmp")), 0, self.JUMPS)
        self.expect(self.pirn("run", "-W", "legacy-exceptions", guest("longjmp-legacy")), 0, self.JUMPS)

    def test_destructors_and_catches_of_cpp(self):
        self.expect(self.pirn("run", guest("exceptions")), 0, self.CPP)
        self.expect(self.pirn("run", "-W", "legacy-exceptions", guest("exceptions-legacy")), 0, self.CPP)

    def test_the_form_before_the_standard_must_be_asked_for(self):
        self.expect(self.pirn("run", guest("longjmp-legacy")), 1,
                    err="try needs the feature legacy-exceptions, which is off")


class Realloc(support.Case):
    """Debian's wasi-libc of 2022 under the preview 1 adapter: its malloc takes a page that the adapter grew for itself,
    in every runtime; with a cabi_realloc of the guest's own it does not."""

    def test_without_cabi_realloc_the_adapter_fails(self):
        done = self.pirn("run", guest("trap-component"))
        self.expect(done, 134, err="error: ")
        self.assertIn("backtrace", done.err)

    def test_with_cabi_realloc_it_works(self):
        self.expect(self.pirn("run", guest("trap-cabi-component")), 0, "argc 1\nafter malloc\n")

    def test_the_core_module_works(self):
        self.expect(self.pirn("run", guest("trap")), 0, "argc 1\nafter malloc\n")


class Vectors(support.Case):
    def test_intrinsics_and_vectorised_loops(self):
        expected = ROOT / "conformance/guests/c-simd.expected.txt"
        self.expect(self.pirn("run", guest("c-simd")), 0, expected.read_text())


class Rust(support.Case):
    GUESTS = ("rust", "rust-component")

    def test_formats_and_files(self):
        (self.folder / "secret").write_text("secret")
        for name in self.GUESTS:
            with self.subTest(name):
                data = self.folder / name
                data.mkdir()
                done = self.pirn("run", "--dir", f"{data}::/data", guest(name), "files", "/data")
                self.expect(done, 0)
                self.assertEqual(done.out.split("\n")[:-1], [
                    'args ["files", "/data"]',
                    'words {"pick": 1, "shed": 1, "warp": 3, "weft": 2}',
                    "floats 0.30000000000000004 1.23456789e5 0.67 NaN 340282350000000000000000000000000000000",
                    "1000 numbers, mean 504.678, deviation 291.3591, largest [1008.0, 1007.0, 1006.0]",
                    "size 3900",
                    'entries ["renamed.txt", "sub"]',
                    "outside: true",
                ])

    def test_panic_is_a_trap_with_a_backtrace(self):
        for name in self.GUESTS:
            with self.subTest(name):
                done = self.pirn("run", guest(name), "panic")
                self.expect(done, 134, err="on purpose")
                self.assertIn("unreachable", done.err)
                self.assertRegex(done.err, r"(?m)^ +\d+: 0x[0-9a-f]+ - .*fail_on_purpose")

    def test_exit_code(self):
        self.expect(self.pirn("run", guest("rust"), "exit", "7"), 7)


class JavaScript(support.Case):
    def node(self):
        script = ROOT / "conformance/guests/script.js"
        copy = self.folder / "script.mjs"
        copy.write_text(script.read_text())
        done = subprocess.run(["node", "-e", f"import('{copy}').then(m => m.run.run())"], capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

    def check(self, name):
        done = self.pirn("run", guest(name), timeout=300)
        self.expect(done, 0)
        self.assertEqual(done.out, self.node())

    def test_quickjs_prints_what_node_prints(self):
        self.check("qjs")

    def test_starlingmonkey_prints_what_node_prints(self):
        self.check("starling")


class Limits(support.Case):
    """Loops of a module in the text format's binary: see loops() below."""

    def loops(self):
        path = self.folder / "loops.wasm"
        path.write_bytes(LOOPS)
        return path

    def timed(self, function, limit_ms):
        started = time.monotonic()
        done = self.pirn("run", "--timeout", f"{limit_ms}ms", "--invoke", function, self.loops())
        return done, time.monotonic() - started

    def test_time_limit_stops_loops_calls_and_bulk_copies(self):
        for function in ("spin", "calls", "copies"):
            with self.subTest(function):
                done, seconds = self.timed(function, 100)
                self.expect(done, 134, err="time limit")
                self.assertGreaterEqual(seconds, 0.1)
                self.assertLess(seconds, 2 * SLOW)

    def test_time_limit_stops_a_start_function(self):
        (self.folder / "start.wat").write_text("(module (func $s (loop (br 0))) (start $s) (func (export \"f\")))")
        self.expect(self.pirn("run", "--timeout", "100ms", "--invoke", "f", "start.wat", timeout=20), 134, err="time limit")

    def test_fuel_ends_a_loop_and_is_exact(self):
        done = self.pirn("run", "--fuel", "1000000", "--invoke", "spin", self.loops())
        self.expect(done, 134, err="all fuel consumed")
        # count(1000) takes so many instructions, on every build.
        self.expect(self.pirn("run", "--fuel", str(FUEL_OF_COUNT), "--invoke", "count", self.loops(), "1000"), 0, "1000\n")
        self.expect(self.pirn("run", "--fuel", str(FUEL_OF_COUNT - 1), "--invoke", "count", self.loops(), "1000"), 134)

    def test_recursion_ends_at_the_stack_limit(self):
        for size in ("64KiB", "1MiB", "64MiB"):
            with self.subTest(size):
                done = self.pirn("run", "--max-stack", size, "--invoke", "recurse", self.loops())
                self.expect(done, 134, err="call stack exhausted")
                self.assertIn("recurse", done.err)

    def test_memory_limit(self):
        self.expect(self.pirn("run", "--invoke", "grow", self.loops(), "15"), 0, "1\n")
        self.expect(self.pirn("run", "--max-memory", "1MiB", "--invoke", "grow", self.loops(), "15"), 0, "1\n")
        self.expect(self.pirn("run", "--max-memory", "1MiB", "--invoke", "grow", self.loops(), "16"), 0, "-1\n")


def section(number, body):
    return bytes([number]) + leb(len(body)) + body


def leb(n):
    out = b""
    while True:
        byte, n = n & 0x7F, n >> 7
        out += bytes([byte | (0x80 if n else 0)])
        if not n:
            return out


def vector(items):
    return leb(len(items)) + b"".join(items)


def name(text):
    return leb(len(text)) + text.encode()


def loops():
    """spin: loop br 0. calls: loop (call leaf) br 0. copies: loop memory.copy(0, 0, 64 KiB) br 0. recurse: call itself.
    count(n): counts to n. grow(pages)."""
    functions = [  # name, type, body with its end
        ("spin", 0, b"\x03\x40\x0c\x00\x0b\x0b"),
        ("calls", 0, b"\x03\x40\x10\x06\x0c\x00\x0b\x0b"),
        ("copies", 0, b"\x03\x40\x41\x00\x41\x00\x41\x80\x80\x04\xfc\x0a\x00\x00\x0c\x00\x0b\x0b"),
        ("recurse", 0, b"\x10\x03\x0b"),
        ("count", 1, b"\x03\x40\x20\x01\x41\x01\x6a\x22\x01\x20\x00\x48\x0d\x00\x0b\x20\x01\x0b"),
        ("grow", 1, b"\x20\x00\x40\x00\x0b"),
        ("leaf", 0, b"\x0b"),
    ]
    bodies = [(b"\x01\x01\x7f" if n == "count" else b"\x00") + body for n, _, body in functions]
    return (b"\0asm\1\0\0\0"
            + section(1, vector([b"\x60\x00\x00", b"\x60\x01\x7f\x01\x7f"]))
            + section(3, vector([leb(t) for _, t, _ in functions]))
            + section(5, vector([b"\x00\x01"]))
            + section(7, vector([name(n) + b"\x00" + leb(i) for i, (n, _, _) in enumerate(functions)]))
            + section(10, vector([leb(len(b)) + b for b in bodies]))
            + section(0, name("name") + b"\x01" + (lambda names: leb(len(names)) + names)(
                vector([leb(i) + name(n) for i, (n, _, _) in enumerate(functions)]))))


LOOPS = loops()
# Each round seven instructions, and `loop` and the last local.get once; an `end` does nothing and costs nothing.
FUEL_OF_COUNT = 7 * 1000 + 2


class Invoke(support.Case):
    def test_component_values(self):
        shapes = ROOT.resolve() / "docs/examples/embed.wasm"
        done = self.pirn("run", "--invoke", "way({x: 0, y: 0}, [{x: 3, y: 4}])", shapes)
        self.expect(done, 1, err="example:embed/log@1.0.0")

    def test_version_and_interface_may_be_left_out(self):
        hello = ROOT.resolve() / "docs/examples/hello.wasm"
        for call in ("wasi:cli/run@0.2.12#run", "wasi:cli/run@0.2.0#run()", "wasi:cli/run#run", "run", "run()"):
            with self.subTest(call):
                self.expect(self.pirn("run", "--invoke", call, hello), 0, "Hello from a component!\nok\n")
        for call in ("wasi:cli/walk#run", "wasi:cli/run@0.3.0#run", "walk"):
            with self.subTest(call):
                self.expect(self.pirn("run", "--invoke", call, hello), 2, "", err=f"no exported function '{call}'")

    def test_a_time_limit_holds_for_start_functions(self):
        module = (b"\0asm\1\0\0\0" + section(1, vector([b"\x60\x00\x00"])) + section(3, vector([b"\x00"])) + section(8, b"\x00")
                  + section(10, vector([b"\x07\x00\x03\x40\x0c\x00\x0b\x0b"])))
        instance = section(2, vector([b"\x00\x00\x00"]))
        (self.folder / "starts.wasm").write_bytes(b"\0asm\x0d\0\1\0" + section(1, module) + instance)
        self.expect(self.pirn("run", "--timeout", "50ms", "--invoke", "f", "starts.wasm"), 134, err="time limit")
        self.expect(self.pirn("run", "--timeout", "50ms", "starts.wasm"), 134, err="time limit")

    def test_core_values(self):
        (self.folder / "m.wasm").write_bytes(LOOPS)
        self.expect(self.pirn("run", "--invoke", "count", "m.wasm", "12"), 0, "12\n")
        self.expect(self.pirn("run", "--invoke", "count(12)", "m.wasm"), 0, "12\n")
        self.expect(self.pirn("run", "--invoke", "count ( 12 ) ", "m.wasm"), 0, "12\n")
        (self.folder / "n.wat").write_text('''(module
          (func (export "mix") (param i32 i64 f32 f64) (result f64 i32)
            (f64.add (f64.add (f64.convert_i32_s (local.get 0)) (f64.convert_i64_s (local.get 1)))
                     (f64.add (f64.promote_f32 (local.get 2)) (local.get 3)))
            (local.get 0))
          (func (export "v") (result v128) (v128.const i64x2 1 -1))
          (func (export "odd(name)") (result i32) (i32.const 7)))''')
        self.expect(self.pirn("run", "--invoke", "mix(-1, 0x10,2.5 , 0.25)", "n.wat"), 0, "17.75\n-1\n")
        self.expect(self.pirn("run", "--invoke", "mix", "n.wat", "010", "-2", "-inf", "1"), 0, "-inf\n10\n")
        self.expect(self.pirn("run", "--invoke", "v()", "n.wat"), 0, "i64x2 0x0000000000000001 0xffffffffffffffff\n")
        self.expect(self.pirn("run", "--invoke", "odd(name)", "n.wat"), 0, "7\n")

    def test_a_mistake_in_a_call_is_one_of_usage(self):
        (self.folder / "m.wasm").write_bytes(LOOPS)
        hello = ROOT.resolve() / "docs/examples/hello.wasm"
        for call, words, message in [
            ("count", ["twelve"], "argument 1: 'twelve' is no i32"),
            ("count", [""], "argument 1: '' is no i32"),
            ("count", [], "takes 1 arguments, not 0"),
            ("count()", [], "takes 1 arguments, not 0"),
            ("count(1,)", [], "takes 1 arguments, not 2"),
            ("count(1 2)", [], "argument 1: '1 2' is no i32"),
            ("count(0x100000000)", [], "argument 1: '0x100000000' is no i32"),
            ("count(1", [], "the closing parenthesis is missing"),
            ("nothing", [], "no exported function 'nothing'"),
            ("nothing(1)", [], "no exported function 'nothing'"),
        ]:
            with self.subTest(call):
                done = self.pirn("run", "--invoke", call, "m.wasm", *words)
                self.expect(done, 2, "", err="error: m.wasm: usage: ")
                self.assertIn(message, done.err)
        self.expect(self.pirn("run", "--invoke", "run(1)", hello), 2, "",
                    err="usage: in the arguments, column 5: ")


class Files(support.Case):
    HELLO = ROOT.resolve() / "docs/examples/hello.wasm"

    def test_a_file_packed_by_gzip_runs(self):
        packed = self.folder / "hello.wasm.gz"
        packed.write_bytes(gzip.compress(self.HELLO.read_bytes()))
        self.expect(self.pirn("run", packed), 0, "Hello from a component!\n")

    def test_parts_packed_by_themselves_are_one_file(self):
        whole = self.HELLO.read_bytes()
        packed = self.folder / "hello.wasm.gz"
        packed.write_bytes(gzip.compress(whole[:1000]) + gzip.compress(whole[1000:]))
        self.expect(self.pirn("run", packed), 0, "Hello from a component!\n")

    def test_a_packed_file_that_is_cut_or_damaged_is_an_error(self):
        packed = gzip.compress(self.HELLO.read_bytes())
        broken = self.folder / "broken.wasm.gz"
        for cut in (2, 12, len(packed) // 2, len(packed) - 1):
            broken.write_bytes(packed[:cut])
            self.expect(self.pirn("run", broken), 1, "", err="cut short")
        broken.write_bytes(packed[:50] + bytes([packed[50] ^ 0xFF]) + packed[51:])
        self.expect(self.pirn("run", broken), 1, "", err="damaged")

    def test_a_cache_remembers_and_damage_is_no_harm(self):
        cache = self.folder / "cache"
        for _ in range(2):
            self.expect(self.pirn("run", "--cache", cache, self.HELLO), 0, "Hello from a component!\n")
        entries = [path for path in cache.iterdir() if path.name != "key"]
        self.assertTrue(entries)
        for path in cache.iterdir():
            path.write_bytes(b"damaged")
        self.expect(self.pirn("run", "--cache", cache, self.HELLO), 0, "Hello from a component!\n")

    def test_a_cache_that_cannot_be_used_is_told_and_done_without(self):
        cache = self.folder / "cache"
        cache.write_bytes(b"")
        done = self.pirn("run", "--cache", cache, self.HELLO)
        self.expect(done, 0, "Hello from a component!\n", err="going on without it")

    def test_a_big_invalid_module_fails_alike_with_a_cache(self):
        code = b"\x01\x01" * 300000
        body = b"\x00" + code + b"\x6a\x0b"  # nops, then an addition of nothing
        leb = lambda n: bytes([n & 127 | 128, n >> 7 & 127 | 128, n >> 14 & 127 | 128, n >> 21])
        section = b"\x01" + leb(len(body)) + body
        module = b"\0asm\1\0\0\0" + b"\1\4\1\x60\0\0" + b"\3\2\1\0" + b"\x0a" + leb(len(section)) + section
        (self.folder / "bad.wasm").write_bytes(module)
        for _ in range(2):
            self.expect(self.pirn("run", "--cache", "cache", "bad.wasm"), 1, "", err="type mismatch")


class Example(support.Case):
    def test_the_example_greets(self):
        hello = ROOT.resolve() / "docs/examples/hello.wasm"
        self.expect(self.pirn("run", hello), 0, "Hello from a component!\n")
        self.expect(self.pirn(hello, "Ada", "Grace"), 0, "Hello from a component, Ada and Grace!\n")

    def test_the_way_from_c_in_the_readme(self):
        if not shutil.which("clang-19") or not shutil.which("wasm-ld-19"):
            self.skipTest("clang-19 and lld-19 are not installed")
        root = ROOT.resolve()
        commands = re.search(r"```\n(cp -r docs/examples/hello.*?)```", (root / "README.md").read_text(), re.DOTALL).group(1)
        for name in ("docs", "host"):
            (self.folder / name).symlink_to(root / name)
        (self.folder / "build").mkdir()
        path = f"{pathlib.Path(support.PIRN).resolve().parent}:{os.environ['PATH']}"
        done = subprocess.run(["bash", "-ec", commands], cwd=self.folder, env={**os.environ, "PATH": path}, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, "Hello from a component!\n"), done.stderr)


if __name__ == "__main__":
    support.main()
