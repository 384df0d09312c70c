# SPDX-License-Identifier: Apache-2.0
"""What the reference implementation of the Canonical ABI (definitions.py) makes of a case, in the words of abi_case.

definitions.py is part of WebAssembly/component-model and none of ours: it is loaded from where it lies. A core function is
called there in a thread of its own; here realloc is a function that is called, so that a hundred thousand cases take minutes.
"""
import importlib.util
import os
import pathlib
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
IN_REPOSITORY = "design/mvp/canonical-abi/definitions.py"


def find_definitions(given=None):
    """Its path: as given, else $PIRN_DEFINITIONS, else in a checkout of the specification in $PIRN_SUITES or ../shared."""
    folders = [os.environ.get("PIRN_SUITES", "/nonexistent"), ROOT.parent / "shared"]
    named = given or os.environ.get("PIRN_DEFINITIONS")
    places = [pathlib.Path(named)] if named else [
        pathlib.Path(folder) / place for folder in folders
        for place in (f"component-model/{IN_REPOSITORY}", "component-model/definitions.py", "reference/definitions.py")]
    return next((place for place in places if place.is_file()), None)


def load(path):
    sys.dont_write_bytecode = True
    spec = importlib.util.spec_from_file_location("definitions", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["definitions"] = module
    spec.loader.exec_module(module)
    module.DETERMINISTIC_PROFILE = True
    return module


def fill(begin, end):
    """What a receiver's memory is before anything is written."""
    return bytes((i * 7 + 3) & 255 for i in range(begin, end))


class Realloc:
    """The receiver's: `place(size, align)` decides where, or raises. Every call is noted, and what it did."""

    def __init__(self, d, memory, place):
        self.d, self.memory, self.place = d, memory, place
        self.calls, self.steps = [], []

    def __call__(self, old, old_size, align, size):
        self.calls.append(f"{old}:{old_size}:{align}:{size}")
        answer = self.place(self.memory, old, old_size, align, size)
        if answer is None:
            self.steps.append("trap")
            raise self.d.Trap()
        ptr, copies, new_size = answer
        data = self.memory.bytes
        if new_size > len(data):
            data.extend(fill(len(data), new_size))
        count = min(old_size, size)
        copies = copies and ptr + count <= len(data)
        if copies:
            data[ptr:ptr + count] = bytes(data[old:old + count])
        self.steps.append(f"{ptr}:{int(copies)}:{new_size}")
        return ptr


def context_class(d):
    class Context(d.LiftLowerContext):
        def reallocate(self, old, old_byte_length, alignment, new_byte_length):
            return self.opts.realloc(old, old_byte_length, alignment, new_byte_length)

    return Context


ENCODINGS = {"8": "utf8", "16": "utf16", "l": "latin1+utf16"}


class Side:
    def __init__(self, d, memory, encoding, scope, instance):
        self.memory = d.MemInst(memory, "i32")
        self.instance = instance
        self.options = d.LiftLowerOptions(ENCODINGS[encoding], self.memory, None)
        self.cx = context_class(d)(self.options, instance, scope)


def core_value(kind, bits):
    """A core value as the reference has it; what is above 32 bits in a slot does not count."""
    if kind == "f32":
        return struct.unpack("<f", struct.pack("<I", bits & 0xFFFFFFFF))[0]
    if kind == "f64":
        return struct.unpack("<d", struct.pack("<Q", bits))[0]
    return bits & 0xFFFFFFFF if kind == "i32" else bits


def bits_of(d, kind, value):
    if kind == "f32":
        return d.core_i32_reinterpret_f32(value)
    if kind == "f64":
        return d.core_i64_reinterpret_f64(value)
    return value


def to_utf8(d, value, t):
    """The value as a host has it: every string in UTF-8."""
    match d.despecialize(t):
        case d.StringType():
            return (value[0], "utf8", len(value[0].encode("utf-8")))
        case d.ListType(element, _):
            return [to_utf8(d, one, element) for one in value]
        case d.RecordType(fields):
            return {f.label: to_utf8(d, value[f.label], f.t) for f in fields}
        case d.VariantType(cases):
            ((label, payload),) = value.items()
            t = next(c.t for c in cases if c.label == label)
            return {label: payload if t is None else to_utf8(d, payload, t)}
        case _:
            return value


def handles_text(table, types):
    entries = [f"{i}:{types.index(h.rt)}:{h.rep}:{int(h.own)}:{h.num_lends}"
               for i, h in enumerate(table.array) if h is not None]
    return ",".join(entries) or "-"


class Case:
    """One value on its way. `values` are the bits of the sender's core values; `place` is the receiver's realloc (see Realloc)."""

    def __init__(self, d, route, what, encodings, types, handles, values, memory, size, place):
        self.d, self.route, self.what, self.encodings, self.types = d, route, what, encodings, types
        self.values, self.memory, self.size = values, memory, size
        self.handles = handles
        store = d.Store()
        sender, receiver = d.ComponentInstance(store), d.ComponentInstance(store)
        elsewhere = d.ComponentInstance(store)
        self.resources = [d.ResourceType(elsewhere), d.ResourceType(receiver)]
        for number, rep, own in handles:
            sender.handles.add(d.ResourceHandle(self.resources[number], rep, own))
        self.bound = [bind(d, t, self.resources) for t in types]
        task = d.Task(None, None, receiver, None, None)
        self.sender = Side(d, bytearray(memory), encodings[0], d.Subtask(), sender)
        self.receiver = Side(d, bytearray(fill(0, size)), encodings[1], task, receiver)
        self.realloc = Realloc(d, self.receiver.memory, place)
        self.receiver.options.realloc = self.realloc

    def line(self, letters):
        """For abi_case, after the reference has run: then it is known what realloc does."""
        handles = ",".join(f"{n}:{rep}:{int(own)}" for n, rep, own in self.handles) or "-"
        values = ",".join(f"{v:x}" for v in self.values) or "-"
        steps = ",".join(self.realloc.steps) or "-"
        return " ".join([self.route, self.what, *self.encodings, letters, handles, values, bytes(self.memory).hex() or "-",
                         str(self.size), steps])

    def expected(self):
        try:
            return self.run()
        except self.d.Trap:
            return f"trap - {self.calls()}"

    def calls(self):
        return ",".join(self.realloc.calls) or "-"

    def run(self):
        d = self.d
        most = d.MAX_FLAT_PARAMS if self.what == "params" else d.MAX_FLAT_RESULTS
        kinds = d.flatten_types(self.bound, self.sender.options)
        if len(kinds) > most:
            kinds = ["i32"]
        values = [core_value(kind, bits) for kind, bits in zip(kinds, self.values)]
        lifted = d.lift_flat_values(self.sender.cx, most, d.CoreValueIter(values), self.bound)
        if self.route != "pass":
            lifted = [to_utf8(d, value, t) for value, t in zip(lifted, self.bound)]
        out = None
        if self.what == "result" and len(d.flatten_types(self.bound, self.sender.options)) > most:
            out = d.CoreValueIter([self.values[1] & 0xFFFFFFFF])
        flat = d.lower_flat_values(self.receiver.cx, most, lifted, self.bound, out)
        flat = ",".join(f"{bits_of(d, k, v) if out is None else v:x}" for k, v in zip(kinds, flat)) or "-"
        return (f"ok {flat} {self.calls()} {bytes(self.receiver.memory.bytes).hex()} "
                f"{handles_text(self.sender.instance.handles, self.resources)} "
                f"{handles_text(self.receiver.instance.handles, self.resources)}")


def bind(d, t, resources):
    """The type with a number for each resource type -> with the resource types."""
    match t:
        case None:
            return None
        case d.OwnType(number):
            return d.OwnType(resources[number])
        case d.BorrowType(number):
            return d.BorrowType(resources[number])
        case d.ListType(element, length):
            return d.ListType(bind(d, element, resources), length)
        case d.RecordType(fields):
            return d.RecordType([d.FieldType(f.label, bind(d, f.t, resources)) for f in fields])
        case d.VariantType(cases):
            return d.VariantType([d.CaseType(c.label, bind(d, c.t, resources)) for c in cases])
        case d.OptionType(element):
            return d.OptionType(bind(d, element, resources))
        case d.ResultType(ok, error):
            return d.ResultType(bind(d, ok, resources), bind(d, error, resources))
        case _:
            return t
