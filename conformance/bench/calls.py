# SPDX-License-Identifier: Apache-2.0
"""Calls across the borders of components: made-up components, whose core modules are written in text, and calls.c, which runs them."""
import json
import pathlib
import subprocess
import tempfile

PLACE = 1 << 16  # where texts and lists lie, and where realloc puts them
PAGES = 64
CHAIN = 50
SCALARS = [("a", 0x79), ("b", 0x77), ("c", 0x76), ("d", 0x75), ("e", 0x7A), ("f", 0x78), ("g", 0x7D), ("h", 0x7F)]
U8, U32, STRING = 0x7D, 0x79, 0x73

MEMORY = f"""(module (memory (export "memory") {PAGES})
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const {PLACE})))"""
# Takes what it is given.
CALLEE = """(module
  (func (export "scalars") (param i32 i64 f32 f64 i32 i64 i32 i32) (result i32) (local.get 0))
  (func (export "text") (param i32 i32)) (func (export "utf16") (param i32 i32)) (func (export "bytes") (param i32 i32)))"""
# Exports of the same names with (times, size): so many calls.
LOOP = """(func (export "{name}") (param i32 i32)
  (loop $again {call} (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))"""
EIGHT = "(drop (call $scalars {}))".format(" ".join(
    f"({kind}.const {number})" for number, kind in enumerate("i32 i64 f32 f64 i32 i64 i32".split())) + " (i32.const 1)")
CALLER = """(module (import "memory" "memory" (memory {pages}))
  (import "callee" "scalars" (func $scalars (param i32 i64 f32 f64 i32 i64 i32 i32) (result i32)))
  {imports}
  (func (export "fill") (memory.fill (i32.const {place}) (i32.const 120) (i32.const 1048576)))
  {loops})"""
# Hands on what it is given, in its own memory.
LINK = """(module (import "next" "number" (func $number (param i32) (result i32))) (import "next" "text" (func $text (param i32 i32)))
  (func (export "number") (param i32) (result i32) (call $number (i32.add (local.get 0) (i32.const 1))))
  (func (export "text") (param i32 i32) (call $text (local.get 0) (local.get 1))))"""
END = """(module (func (export "number") (param i32) (result i32) (local.get 0)) (func (export "text") (param i32 i32)))"""


# ---- The binary format

def number(value):
    out = bytearray()
    while True:
        out.append(value & 127 | (128 if value > 127 else 0))
        value >>= 7
        if value == 0:
            return bytes(out)


def name(text):
    return number(len(text)) + text.encode()


def vector(items):
    return number(len(items)) + b"".join(items)


class Component:
    """Appends one section for each definition; the methods return what the index spaces call it."""

    def __init__(self):
        self.bytes = bytearray(b"\0asm\x0d\0\1\0")
        self.counts = {}

    def add(self, section, space, body):
        self.bytes += bytes([section]) + number(len(body)) + body
        self.counts[space] = self.counts.get(space, -1) + 1
        return self.counts[space]

    def module(self, module):
        return self.add(1, "module", module)

    def core_instance(self, module, arguments):
        given = [name(key) + b"\x12" + number(value) for key, value in arguments.items()]
        return self.add(2, "core instance", vector([b"\0" + number(module) + vector(given)]))

    def core_exports(self, functions):
        given = [name(key) + b"\0" + number(value) for key, value in functions.items()]
        return self.add(2, "core instance", vector([b"\1" + vector(given)]))

    def core_func(self, instance, export):
        return self.add(6, "core func", vector([b"\0\0\1" + number(instance) + name(export)]))

    def core_memory(self, instance, export):
        return self.add(6, "core memory", vector([b"\0\2\1" + number(instance) + name(export)]))

    def component(self, component):
        return self.add(4, "component", bytes(component.bytes))

    def instance(self, component, functions):
        given = [name(key) + b"\1" + number(value) for key, value in functions.items()]
        return self.add(5, "instance", vector([b"\0" + number(component) + vector(given)]))

    def func_of(self, instance, export):
        return self.add(6, "func", vector([b"\1\0" + number(instance) + name(export)]))

    def list_type(self, element):
        return self.add(7, "type", vector([bytes([0x70, element])]))

    def func_type(self, params, result):
        body = b"\x40" + vector([name(key) + bytes([kind]) for key, kind in params])
        return self.add(7, "type", vector([body + (b"\1\0" if result is None else bytes([0, result]))]))

    def lift(self, core_func, options, kind):
        return self.add(8, "func", vector([b"\0\0" + number(core_func) + vector(options) + number(kind)]))

    def lower(self, func, options):
        return self.add(8, "core func", vector([b"\1\0" + number(func) + vector(options)]))

    def import_func(self, key, kind):
        return self.add(10, "func", vector([b"\0" + name(key) + b"\1" + number(kind)]))

    def export_func(self, key, func):
        self.add(11, "func", vector([b"\0" + name(key) + b"\1" + number(func) + b"\0"]))


class Assembler:
    def __init__(self, pirn, folder):
        self.pirn, self.folder = pirn, folder

    def __call__(self, text):
        source, binary = self.folder / "module.wat", self.folder / "module.wasm"
        source.write_text(text)
        subprocess.run([self.pirn, "parse", source, "--output", binary], check=True)
        return binary.read_bytes()


def options(memory, realloc, encoding=0):
    return [bytes([encoding]), b"\3" + number(memory), b"\4" + number(realloc)]


def call_types(c):
    """name: function type, encoding on the callee's side."""
    scalars, text = c.func_type(SCALARS, U32), c.func_type([("s", STRING)], None)
    of_bytes = c.list_type(U8)
    return {"scalars": (scalars, 0), "text": (text, 0), "utf16": (text, 1),
            "bytes": (c.func_type([("l", of_bytes)], None), 0)}


# ---- The components

def with_memory(assemble):
    c = Component()
    memory = c.core_instance(c.module(assemble(MEMORY)), {})
    return c, memory, c.core_memory(memory, "memory"), c.core_func(memory, "realloc")


def callee(assemble):
    c, _, memory, realloc = with_memory(assemble)
    core = c.core_instance(c.module(assemble(CALLEE)), {})
    for key, (kind, encoding) in call_types(c).items():
        c.export_func(key, c.lift(c.core_func(core, key), options(memory, realloc, encoding), kind))
    return c


def caller(assemble):
    """Imports what the callee exports, from wherever."""
    c, instance, memory, realloc = with_memory(assemble)
    types = call_types(c)
    imports = {key: c.import_func(key, kind) for key, (kind, _) in types.items()}
    lowered = c.core_exports({key: c.lower(func, options(memory, realloc)) for key, func in imports.items()})
    pairs = [key for key in types if key != "scalars"]
    loops = [LOOP.format(name="scalars", call=EIGHT)]
    loops += [LOOP.format(name=key, call=f"(call ${key} (i32.const {PLACE}) (local.get 1))") for key in pairs]
    text = CALLER.format(pages=PAGES, place=PLACE, loops="\n".join(loops),
                         imports="\n".join(f'(import "callee" "{key}" (func ${key} (param i32 i32)))' for key in pairs))
    core = c.core_instance(c.module(assemble(text)), {"memory": instance, "callee": lowered})
    loop = c.func_type([("times", U32), ("size", U32)], None)
    c.export_func("fill", c.lift(c.core_func(core, "fill"), [], c.func_type([], None)))
    for key in types:
        c.export_func(f"call-{key}", c.lift(c.core_func(core, key), [], loop))
    return c


def pair(assemble):
    root = Component()
    made = root.instance(root.component(callee(assemble)), {})
    user = root.component(caller(assemble))
    given = {key: root.func_of(made, key) for key in ("scalars", "text", "utf16", "bytes")}
    made = root.instance(user, given)
    for key in ["fill"] + [f"call-{key}" for key in given]:
        root.export_func(key, root.func_of(made, key))
    return root


def link(assemble, is_last):
    c, _, memory, realloc = with_memory(assemble)
    types = {"number": c.func_type([("n", U32)], U32), "text": c.func_type([("s", STRING)], None)}
    given = {}
    if not is_last:
        imports = {key: c.import_func(key, kind) for key, kind in types.items()}
        given = {"next": c.core_exports({key: c.lower(func, options(memory, realloc)) for key, func in imports.items()})}
    core = c.core_instance(c.module(assemble(END if is_last else LINK)), given)
    for key, kind in types.items():
        c.export_func(key, c.lift(c.core_func(core, key), options(memory, realloc), kind))
    return c


def chain(assemble):
    root = Component()
    last = root.instance(root.component(link(assemble, True)), {})
    inner = root.component(link(assemble, False))
    for _ in range(CHAIN - 1):
        last = root.instance(inner, {key: root.func_of(last, key) for key in ("number", "text")})
    for key in ("number", "text"):
        root.export_func(key, root.func_of(last, key))
    return root


def calls(options):
    """Calls between components and to the host: eight scalars, a text and a list of 1 MB, a chain of 50 components."""
    with tempfile.TemporaryDirectory() as name_of_folder:
        folder = pathlib.Path(name_of_folder)
        assemble = Assembler(options.build / "cli/pirn", folder)
        files = []
        for key, made in {"pair": pair(assemble), "host": caller(assemble), "chain": chain(assemble)}.items():
            files.append(folder / f"{key}.wasm")
            files[-1].write_bytes(made.bytes)
        ran = subprocess.run([options.build / "conformance/calls", *files, str(options.runs)], capture_output=True, text=True)
        if ran.returncode != 0:
            raise SystemExit(f"calls: {ran.stdout}{ran.stderr}")
    return json.loads(ran.stdout)
