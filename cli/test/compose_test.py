#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Making components of core modules, and one component of several: componentize, compose, run --plug."""
import pathlib
import shutil
import subprocess

import support
from support import GUESTS, ROOT, guest

# A world as a package: what `pirn wit encode` makes of text.
PACKAGE = """(component
  (type (component (type (component %s)) (export "t:p/%s@1.0.0" (component (type 0)))))
  (export "%s" (type 0)))"""
LOG = '(instance (export "write" (func (param "x" string))))'
SUM = """(instance
  (export "item" (type (sub resource)))
  (type (record (field "a" u32) (field "b" u32)))
  (export "pair" (type (eq 1)))
  (type (own 0)) (type (borrow 0))
  (export "add" (func (param "p" 2) (result u32)))
  (export "[constructor]item" (func (param "v" u32) (result 3)))
  (export "[method]item.get" (func (param "self" 4) (result u32))))"""
ADDER = f'(import "t:p/log@1.0.0" {LOG}) (export "t:p/sum@1.0.0" {SUM})'
USER = f'(import "t:p/sum@1.0.0" {SUM}) (export "go" (func (param "n" u32) (result u32)))'
LOGGER = f'(export "t:p/log@1.2.0" {LOG})'

ADDER_CORE = """(module
  (import "t:p/log@1.0.0" "write" (func $write (param i32 i32)))
  (import "[export]t:p/sum@1.0.0" "[resource-new]item" (func $new (param i32) (result i32)))
  (memory (export "memory") 1) (data (i32.const 8) "added")
  (func (export "t:p/sum@1.0.0#add") (param i32 i32) (result i32)
    (call $write (i32.const 8) (i32.const 5)) (i32.add (local.get 0) (local.get 1)))
  (func (export "t:p/sum@1.0.0#[constructor]item") (param i32) (result i32) (call $new (i32.add (local.get 0) (i32.const 1))))
  (func (export "t:p/sum@1.0.0#[method]item.get") (param i32) (result i32) (local.get 0))
  (func (export "t:p/sum@1.0.0#[dtor]item") (param i32)))"""
# Makes an item of n, and adds what is in it to n.
USER_CORE = """(module
  (import "t:p/sum@1.0.0" "add" (func $add (param i32 i32) (result i32)))
  (import "t:p/sum@1.0.0" "[constructor]item" (func $item (param i32) (result i32)))
  (import "t:p/sum@1.0.0" "[method]item.get" (func $get (param i32) (result i32)))
  (import "t:p/sum@1.0.0" "[resource-drop]item" (func $drop (param i32)))
  (func (export "go") (param i32) (result i32) (local $item i32)
    (local.set $item (call $item (local.get 0)))
    (call $add (local.get 0) (call $get (local.get $item)))
    (call $drop (local.get $item))))"""
# Traps when it is told something longer than five bytes.
LOGGER_CORE = """(module (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "t:p/log@1.2.0#write") (param i32 i32)
    (if (i32.ne (local.get 1) (i32.const 5)) (then unreachable))
    (if (i32.ne (i32.load8_u (local.get 0)) (i32.const 97)) (then unreachable))))"""


class Case(support.Case):
    def write(self, name, text):
        path = pathlib.Path(self.folder) / name
        path.write_text(text)
        return path

    def path(self, name):
        return pathlib.Path(self.folder) / name

    def make(self, name, world, core, code=0, err=None):
        package = self.write(f"{name}.world.wat", PACKAGE % (world, name, name))
        module = self.write(f"{name}.core.wat", core)
        out = self.path(f"{name}.wasm")
        self.expect(self.pirn("componentize", "--wit", package, "--output", out, module), code, "", err=err)
        return out

    def parts(self):
        return self.make("user", USER, USER_CORE), self.make("adder", ADDER, ADDER_CORE), self.make("logger", LOGGER, LOGGER_CORE)


class Componentize(Case):
    def test_a_core_module_becomes_a_component_with_resources_and_a_destructor(self):
        done = self.pirn("inspect", self.make("adder", ADDER, ADDER_CORE))
        self.expect(done, 0)
        self.assertIn("imports:\n  t:p/log@1.0.0  instance\n    write: func(x: string)\n", done.out)
        self.assertIn("    pair: record { a: u32, b: u32 }\n    add: func(p: pair) -> u32\n", done.out)
        self.assertIn("    [method]item.get: func(self: borrow<item>) -> u32\n", done.out)

    def test_only_what_the_module_uses_is_imported(self):
        core = USER_CORE.replace("$drop", "$unused").replace("(call $unused (local.get $item))", "")
        done = self.pirn("inspect", self.make("user", USER, core))
        self.assertIn("item: resource", done.out)
        quiet = '(module (func (export "go") (param i32) (result i32) (local.get 0)))'
        self.assertNotIn("t:p/sum", self.pirn("inspect", self.make("user", USER, quiet)).out)

    def test_what_is_missing_or_different_is_named(self):
        cases = (
            (ADDER_CORE.replace("#add", "#sub"),
             'the module does not export "t:p/sum@1.0.0#add", which the world t:p/adder@1.0.0 exports'),
            (ADDER_CORE.replace('"write"', '"read"'),
             'the module imports "t:p/log@1.0.0" "read", but there is no such function'),
            (ADDER_CORE.replace("t:p/log@", "t:p/lag@"),
             'the module imports "t:p/lag@1.0.0" "write", but the world has no such import'),
            (ADDER_CORE.replace("[resource-new]item", "[resource-new]pair"),
             'the module imports "[export]t:p/sum@1.0.0" "[resource-new]pair", which is no resource type'),
            (ADDER_CORE.replace("[resource-new]item", "[resource-new]nothing"),
             'the module imports "[export]t:p/sum@1.0.0" "[resource-new]nothing", but there is no such resource type'),
            (ADDER_CORE.replace('(memory (export "memory") 1)', "(memory 1)"),
             '"write" passes values in memory, but the module does not export "memory"'),
            (ADDER_CORE.replace('"write" (func $write (param i32 i32))', '"write" (func $write (param i32 i64))')
             .replace("(i32.const 5)) (i32.add", "(i64.const 5)) (i32.add"),
             "its type in WIT makes it"),
            ('(module (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32))))',
             "which needs an adapter (--adapt)"),
        )
        for core, message in cases:
            with self.subTest(message=message):
                self.make("adder", ADDER, core, 1, message)

    def test_names_may_be_huge(self):
        name = "n" + "a" * 99_999
        core = f'(module (func (export "{name}")))'
        self.expect(self.pirn("validate", self.make("w", f'(export "{name}" (func))', core)), 0)

    def test_mistakes_on_the_command_line(self):
        core = self.write("core.wat", ADDER_CORE)
        out = self.path("out.wasm")
        self.expect(self.pirn("componentize", core), 2, "", err="say one module, and --output")
        self.expect(self.pirn("componentize", "--output", out, core), 1, "", err="but there is no world that says what it is")
        both = self.write("both.wat", """(component
          (type (component (type (component)) (export "t:p/a" (component (type 0))))) (export "a" (type 0))
          (type (component (type (component)) (export "t:p/b" (component (type 0))))) (export "b" (type 2)))""")
        empty = self.write("empty.wat", "(module)")
        self.expect(self.pirn("componentize", "--wit", both, "--output", out, empty), 1, "",
                    err='there are several worlds, "a" and "b": say which one')
        self.expect(self.pirn("componentize", "--wit", both, "--world", "c", "--output", out, empty), 1, "",
                    err='there is no world "c"')
        self.expect(self.pirn("componentize", "--wit", both, "--world", "b", "--output", out, empty), 0)
        self.expect(self.pirn("componentize", "--output", self.path("again.wasm"), out), 1, "",
                    err="this is a component already")


class Adapters(Case):
    @property
    def adapter(self):
        path = GUESTS / "npm/node_modules/@bytecodealliance/jco/lib/wasi_snapshot_preview1.command.wasm"
        if not path.is_file():
            self.skipTest("the adapter comes with jco, which is not installed")
        return path

    def adapt(self, name):
        out = self.path(f"{name}.wasm")
        self.expect(self.pirn("componentize", "--adapt", self.adapter, "--output", out, guest(name)), 0)
        return out

    def test_a_preview_1_program_runs_as_a_component(self):
        for name in ("hello", "hello-cabi", "small"):
            with self.subTest(guest=name):
                out = self.adapt(name)
                self.expect(self.pirn("run", out, "exit", "0"), 0)
        self.assertIn("arg[1]=one two", self.pirn("run", self.adapt("hello-cabi"), "one two").out)

    def test_two_adapters_of_one_name_are_refused(self):
        self.expect(self.pirn("componentize", "--adapt", self.adapter, "--adapt", self.adapter, "--output",
                              self.path("x.wasm"), guest("hello")), 1, "",
                    err='there are two adapters for "wasi_snapshot_preview1"')

    def test_an_adapter_that_nobody_needs_is_left_out(self):
        empty = self.write("empty.wat", "(module)")
        out = self.path("empty.wasm")
        self.expect(self.pirn("componentize", "--adapt", self.adapter, "--output", out, empty), 0)
        self.assertLess(out.stat().st_size, 100)


class Compose(Case):
    def test_plugs_and_definitions(self):
        user, adder, logger = self.parts()
        whole = self.path("whole.wasm")
        self.expect(self.pirn("compose", adder, "--plug", logger, "--output", whole), 0)
        self.assertNotIn("t:p/log", self.pirn("inspect", whole).out)
        self.expect(self.pirn("run", "--plug", whole, "--invoke", "go(20)", user), 0, "41\n")
        both = self.path("both.wasm")
        self.expect(self.pirn("compose", user, "-d", logger, "--define", adder, "--output", both), 0)
        self.expect(self.pirn("run", "--invoke", "go(1)", both), 0, "3\n")

    def test_imports_that_nothing_gives_are_passed_on(self):
        user, adder, _ = self.parts()
        whole = self.path("whole.wasm")
        self.expect(self.pirn("compose", user, "--plug", adder, "--output", whole), 0)
        done = self.pirn("inspect", whole)
        self.assertIn("imports:\n  t:p/log@1.0.0  instance\n", done.out)
        self.expect(self.pirn("run", "--invoke", "go(1)", whole), 1, "", err="t:p/log@1.0.0")

    def test_a_graph(self):
        self.parts()
        whole = self.path("whole.wasm")
        graph = self.write("app.graph", "# parts\nu = user.wasm\na = adder.wasm\n\"l\" = \"logger.wasm\"\n"
                           "u \"t:p/sum@1.0.0\" <- a\na <- l\n\nexport u go as \"start\"\nexport l\n")
        self.expect(self.pirn("compose", "--graph", graph, "--output", whole), 0)
        self.expect(self.pirn("run", "--invoke", "start(2)", whole), 0, "5\n")
        self.assertIn("t:p/log@1.2.0", self.pirn("inspect", whole).out)

    def test_a_trap_in_one_ends_the_whole(self):
        user, _, logger = self.parts()
        adder = self.make("adder", ADDER, ADDER_CORE.replace("(i32.const 5)) (i32.add", "(i32.const 4)) (i32.add"))
        self.expect(self.pirn("run", "--plug", adder, "--invoke", "go(1)", user), 1, "", err="t:p/log@1.0.0")
        whole = self.path("whole.wasm")
        self.expect(self.pirn("compose", user, "-d", adder, "-d", logger, "--output", whole), 0)
        self.expect(self.pirn("run", "--invoke", "go(1)", whole), 134, "", err="unreachable")

    def test_what_does_not_fit_is_named(self):
        user, adder, logger = self.parts()
        whole = self.path("whole.wasm")
        self.expect(self.pirn("compose", user, "--plug", logger, "--output", whole), 1, "",
                    err=f'"{logger}" exports nothing that "{user}" imports')
        wide = self.write("wide.wat", f'(component (import "s" {SUM.replace("u32", "u64")}) (export "t:p/sum@1.0.0" (instance 0)))')
        self.expect(self.pirn("compose", user, "--plug", wide, "--output", whole), 1, "",
                    err="the parts do not fit together: ")
        for text, message in (
                ("a = adder.wasm\nb = adder.wasm\na <- b\nexport a\n", '"b" exports nothing that "a" imports'),
                ("a = user.wasm\nexport b\n", 'app.graph:2: there is no part "b"'),
                ("a = user.wasm\na = user.wasm\n", 'app.graph:2: there are two parts "a"'),
                ("a = user.wasm\n", "nothing is exported"),
                ("a = user.wasm\nwhat\n", "app.graph:2: this is neither a part"),
                ("a = user.wasm\n\"open\n", "app.graph:2: this quote does not end"),
                ("a = user.wasm\nb = adder.wasm\na x <- b\nexport a\n", '"a" does not import "x"'),
                ("a = user.wasm\nb = adder.wasm\na t:p/sum@1.0.0 <- b x\nexport a\n", '"b" does not export "x"'),
                ("a = user.wasm\nexport a x\n", '"a" does not export "x"'),
                ("a = user.wasm\nb = adder.wasm\na t:p/sum@1.0.0 <- b\na t:p/sum@1.0.0 <- b\nexport a\n",
                 'the import "t:p/sum@1.0.0" of "a" is linked twice')):
            with self.subTest(text=text):
                graph = self.write("app.graph", text)
                self.expect(self.pirn("compose", "--graph", graph, "--output", whole), 1, "", err=message)

    def test_parts_that_need_each_other_are_refused(self):
        empty = "(instance)"
        core = "(module)"
        self.make("a", f'(import "t:p/b@1.0.0" {empty}) (export "t:p/a@1.0.0" {empty})', core)
        pair = """(component (import "%s" (func $f)) (export "%s" (func $f)))"""
        self.write("x.wat", pair % ("f", "g"))
        self.write("y.wat", pair % ("g", "f"))
        graph = self.write("app.graph", "x = x.wat\ny = y.wat\nx <- y\ny <- x\nexport x\n")
        self.expect(self.pirn("compose", "--graph", graph, "--output", self.path("o.wasm")), 1, "",
                    err='"x" and "y" need each other')

    def test_a_chain_of_fifty(self):
        pass_on = '(component (import "f%d" (func $f (param "x" u32) (result u32))) (export "f%d" (func $f)))'
        lines = []
        for i in range(50):
            self.write(f"p{i}.wat", pass_on % (i, i + 1))
            lines.append(f"p{i} = p{i}.wat\n" + (f"p{i} <- p{i - 1}\n" if i > 0 else ""))
        base = self.make("base", '(export "f0" (func (param "x" u32) (result u32)))',
                         '(module (func (export "f0") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))')
        graph = self.write("chain.graph", "".join(lines) + f"base = {base}\np0 <- base\nexport p49\n")
        whole = self.path("chain.wasm")
        self.expect(self.pirn("compose", "--graph", graph, "--output", whole), 0)
        self.expect(self.pirn("run", "--invoke", "f50(41)", whole), 0, "42\n")


class Examples(Case):
    """From C to a component with clang and pirn alone; and the chain of docs/examples/middleware."""

    def compile(self, source):
        if shutil.which("clang-19") is None or shutil.which("wasm-ld-19") is None:
            self.skipTest("clang-19 and lld-19 are not installed")
        out = self.path(f"{source.stem}.core.wasm")
        subprocess.run(["clang-19", "--target=wasm32-unknown-unknown", "-O2", "-nostdlib", "-ffreestanding", "-Wl,--no-entry",
                        "-Wl,-z,stack-size=16384", "-I", ROOT.resolve(), "-o", out, source], check=True, capture_output=True)
        return out

    def build(self, source, world):
        core = self.compile(source)
        wit = self.path("wit")
        if not wit.exists():
            shutil.copytree(source.parent / "wit", wit)
            shutil.copytree(ROOT.resolve() / "host/wit", wit / "deps")
        out = self.path(f"{source.stem}.wasm")
        self.expect(self.pirn("componentize", "--wit", wit, "--world", world, "--output", out, core), 0, "")
        return out

    def test_from_c_to_a_running_component(self):
        hello = self.build(ROOT.resolve() / "docs/examples/hello/hello.c", "hello")
        self.expect(self.pirn("run", hello, "Ada"), 0, "Hello from a component, Ada!\n")
        self.expect(self.pirn("componentize", "--wit", self.path("wit"), "--world", "helo", "--output", hello,
                              self.path("hello.core.wasm")), 1, "", err="there is no such world")

    def jco(self, *args):
        jco = GUESTS / "npm/node_modules/.bin/jco"
        if not jco.exists():
            self.skipTest("jco is not installed (./dev guests)")
        node = subprocess.run(["node", "-p", "process.versions.node.split('.')[0]"], capture_output=True, text=True)
        if node.returncode != 0 or int(node.stdout) < 20:
            self.skipTest("jco needs Node.js 20")
        subprocess.run([jco, *args], check=True, capture_output=True, cwd=self.folder, timeout=300)

    def test_a_chain_of_c_and_javascript_gives_the_same_here_and_in_node(self):
        example = ROOT.resolve() / "docs/examples/middleware"
        for name in ("client", "service"):
            self.build(example / f"{name}.c", name)
        self.jco("componentize", example / "middleware.js", "--wit", "wit", "-n", "middleware", "--backend", "qjs", "-o",
                 "middleware.wasm")
        shutil.copy(example / "app.graph", self.folder)
        whole = self.path("whole.wasm")
        self.expect(self.pirn("compose", "--graph", self.path("app.graph"), "--output", whole), 0)
        said = "content-type: text/plain\nx-seen-by: javascript\n\nGET /GREETING WITH 1 HEADERS\n"
        self.expect(self.pirn("run", whole), 0, said)
        # As jco runs it. Node.js before 25 has no WebAssembly.Suspending; nothing here suspends.
        self.jco("transpile", "whole.wasm", "-o", "js")
        self.path("node_modules").symlink_to(GUESTS.resolve() / "npm/node_modules")
        self.write("go.mjs", "WebAssembly.Suspending ??= class { constructor(f) { return f; } };\n"
                   "const { run } = await import('./js/whole.js');\nrun.run();\n")
        done = subprocess.run(["node", "--experimental-wasm-extended-const", "go.mjs"], cwd=self.folder, capture_output=True,
                              text=True, timeout=120)
        self.assertEqual((done.stdout, done.returncode), (said, 0), done.stderr)


if __name__ == "__main__":
    support.main()
