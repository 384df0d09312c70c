# SPDX-License-Identifier: Apache-2.0
"""Makes up cases of the Canonical ABI: types, values, memories that are right or wrong, and reallocs that are well-behaved or not."""
import reference

LEAVES = [("z", "BoolType"), ("b", "S8Type"), ("B", "U8Type"), ("s", "S16Type"), ("S", "U16Type"), ("i", "S32Type"),
          ("I", "U32Type"), ("l", "S64Type"), ("L", "U64Type"), ("f", "F32Type"), ("F", "F64Type"), ("c", "CharType"),
          ('"', "StringType")]
# What is at the edges of an encoding, and some of what is between.
CHARACTERS = "az\0\x7f\x80\xe9\xff\u0100\u07ff\u0800\u20ac\ud7ff\ue000\uffff\U00010000\U0001f600\U0010ffff"
REALLOC_LIMIT = 1 << 17


class Generator:
    def __init__(self, d, random):
        self.d, self.random = d, random

    # ---- Types: the reference's, and in the letters of abi_case.

    def type(self, depth, handles):
        r, d = self.random, self.d
        kind = r.random()
        if depth == 0 or kind < 0.5:
            return self.leaf(handles)
        if kind < 0.62:
            t, letters = self.type(depth - 1, handles)
            return d.ListType(t), "v" + letters
        if kind < 0.7:
            t, letters = self.type(depth - 1, handles)
            return d.OptionType(t), "o" + letters
        if kind < 0.77:
            (ok, a), (error, b) = self.payload(depth, handles), self.payload(depth, handles)
            return d.ResultType(ok, error), f"x({a}{b})"
        count = r.choice([1, 2, 2, 3, 4, 5])
        if kind < 0.9:
            members = [self.type(depth - 1, handles) for _ in range(count)]
            fields = [d.FieldType(f"f{i}", t) for i, (t, _) in enumerate(members)]
            return d.RecordType(fields), "r(" + "".join(letters for _, letters in members) + ")"
        if r.random() < 0.03:
            count = 257
        members = [self.payload(depth if i < 5 else 0, handles) for i in range(count)]
        cases = [d.CaseType(f"c{i}", t) for i, (t, _) in enumerate(members)]
        return d.VariantType(cases), "w(" + "".join(letters for _, letters in members) + ")"

    def payload(self, depth, handles):
        if self.random.random() < 0.3 or depth == 0:
            return None, "."
        return self.type(depth - 1, handles)

    def leaf(self, handles):
        r, d = self.random, self.d
        kind = r.random()
        if kind < 0.06:
            count = r.choice([1, 2, 7, 255, 256, 257])
            return d.EnumType([f"e{i}" for i in range(count)]), f"e{count};"
        if kind < 0.12:
            count = r.choice([1, 7, 8, 9, 16, 17, 31, 32])
            return d.FlagsType([f"g{i}" for i in range(count)]), f"g{count};"
        if handles and kind < 0.3:
            number = r.randrange(2)
            own = r.random() < 0.5
            return (d.OwnType if own else d.BorrowType)(number), f"{'h' if own else 'k'}{number};"
        letter, name = r.choice(LEAVES if kind < 0.8 else LEAVES[-1:])
        return getattr(d, name)(), letter

    def types(self, what, handles):
        count = 1 if what == "result" else self.random.choice([1, 1, 1, 2, 3, 6, 20])
        made = [self.type(0 if count == 20 else self.random.randrange(5), handles) for _ in range(count)]
        return [t for t, _ in made], "".join(letters for _, letters in made)

    # ---- Values, in the sender's encoding

    def text(self):
        r = self.random
        alphabet = r.choice([CHARACTERS[:3], CHARACTERS[:7], CHARACTERS])
        return "".join(r.choice(alphabet) for _ in range(r.choice([0, 1, 2, 3, 8, 17, 40])))

    def string(self, encoding):
        text = self.text()
        if encoding == "8":
            return (text, "utf8", len(text.encode("utf-8")))
        units = len(text.encode("utf-16-le")) // 2
        if encoding == "16":
            return (text, "utf16", units)
        narrow = all(ord(c) < 256 for c in text)
        if narrow and self.random.random() < 0.7:
            return (text, "latin1+utf16", len(text))
        return (text, "latin1+utf16", units | 1 << 31)

    def handle(self, t, handles):
        own = isinstance(t, self.d.OwnType)
        handles.append((t.rt, self.random.getrandbits(32), own or self.random.random() < 0.7))
        return len(handles)  # its index

    def number(self, bits, signed):
        r = self.random
        value = r.choice([0, 1, (1 << bits) - 1, 1 << (bits - 1), r.getrandbits(bits)])
        return value - (1 << bits) if signed and value >> (bits - 1) else value

    def value(self, t, encoding, handles):
        r, d = self.random, self.d
        match d.despecialize(t):
            case d.BoolType():
                return r.random() < 0.5
            case d.S8Type() | d.S16Type() | d.S32Type() | d.S64Type():
                return self.number(d.elem_size(t, "i32") * 8, True)
            case d.U8Type() | d.U16Type() | d.U32Type() | d.U64Type():
                return self.number(d.elem_size(t, "i32") * 8, False)
            case d.F32Type():
                return d.core_f32_reinterpret_i32(self.number(32, False))
            case d.F64Type():
                return d.core_f64_reinterpret_i64(self.number(64, False))
            case d.CharType():
                return r.choice(CHARACTERS)
            case d.StringType():
                return self.string(encoding)
            case d.ListType(element, _):
                return [self.value(element, encoding, handles) for _ in range(r.choice([0, 1, 2, 3, 5]))]
            case d.RecordType(fields):
                return {f.label: self.value(f.t, encoding, handles) for f in fields}
            case d.VariantType(cases):
                case = r.choice(cases)
                return {case.label: None if case.t is None else self.value(case.t, encoding, handles)}
            case d.FlagsType(labels):
                return {label: r.random() < 0.5 for label in labels}
            case _:
                return self.handle(t, handles)

    # ---- The sender: a value lies in its memory, as the reference puts it there.

    def sender_context(self, memory, encoding):
        """Handles are stored as the indices that they are."""
        d, r = self.d, self.random
        side = reference.Side(d, memory, encoding, None, None)

        def place(old, old_size, align, size):
            ptr = (len(memory) + align - 1) // align * align + r.choice([0, 0, 1, 5]) * align
            memory.extend(bytes(ptr + size - len(memory)))
            memory[ptr:ptr + min(old_size, size)] = memory[old:old + min(old_size, size)]
            return ptr

        side.options.realloc = place
        return side.cx

    def send(self, what, types, values, encoding):
        """Memory, and core values as bits."""
        d = self.d
        memory = bytearray(self.random.choice([0, 8, 64]))
        cx = self.sender_context(memory, encoding)
        most = d.MAX_FLAT_PARAMS if what == "params" else d.MAX_FLAT_RESULTS
        plain = [as_number(d, t) for t in types]
        kinds = d.flatten_types(plain, cx.opts)
        flat = d.lower_flat_values(cx, most, values, plain)
        if len(kinds) > most:
            kinds = ["i32"]
        return memory, [reference.bits_of(d, kind, value) for kind, value in zip(kinds, flat)], kinds

    def spoil(self, memory, values, kinds):
        """Something is wrong: bytes, pointers and lengths, tags, what is above 32 bits."""
        r = self.random
        for _ in range(r.choice([1, 1, 2, 5])):
            if values and r.random() < 0.4:
                i = r.randrange(len(values))
                width = 64 if kinds[i] in ("i64", "f64") else 32
                values[i] = r.choice([r.getrandbits(width), r.randrange(300), (1 << width) - 1, values[i] ^ 1 << r.randrange(width),
                                      values[i] + r.choice([1, 2, 1 << 20]) & (1 << width) - 1])
            elif memory:
                at = r.randrange(len(memory))
                for i in range(at, min(at + r.choice([1, 1, 2, 4]), len(memory))):
                    memory[i] = r.choice([0, 1, 2, 0x80, 0xC3, 0xD8, 0xDC, 0xFF, r.randrange(256)])
        if memory and r.random() < 0.1:
            del memory[r.randrange(len(memory)):]

    # ---- The receiver's realloc

    def good_place(self):
        """One block behind another, with gaps; blocks may stay where they are or move; the memory grows when it must."""
        r = self.random
        end = r.choice([8, 16, 1000])

        def place(memory, old, old_size, align, size):
            nonlocal end
            if old_size >= size and old % align == 0 and r.random() < 0.5:
                return old, True, len(memory)
            ptr = (end + align - 1) // align * align + r.choice([0, 0, 1, 3]) * align
            end = ptr + size
            grown = len(memory) if end <= len(memory) and r.random() < 0.9 else max(end, len(memory)) + r.randrange(64)
            return ptr, True, grown

        return place

    def bad_place(self):
        """Now and then it traps, lies, forgets to copy, or hands out what it has handed out before."""
        good, r, last = self.good_place(), self.random, 0

        def place(memory, old, old_size, align, size):
            nonlocal last
            whim = r.random()
            if whim < 0.03:
                return None
            if whim < 0.09:
                ptr = r.choice([0xFFFFFFFF, 0xFFFFFFF8, len(memory), max(0, len(memory) - size + 1), 1, r.randrange(4096)])
                return ptr, False, len(memory)
            if whim < 0.25:
                return last, r.random() < 0.5, len(memory)
            last, copies, size = good(memory, old, old_size, align, size)
            return last, copies and r.random() < 0.8, size

        return place

    # ---- Cases

    def case(self, is_wrong):
        r = self.random
        route = r.choice(["pass", "pass", "host", "view"])
        what = r.choice(["params", "result"])
        encodings = [r.choice("8 16 l".split()), r.choice("8 16 l".split())]
        types, letters = self.types(what, route == "pass" and r.random() < 0.4)
        handles = []
        values = [self.value(t, encodings[0], handles) for t in types]
        memory, bits, kinds = self.send(what, types, values, encodings[0])
        if is_wrong:
            self.spoil(memory, bits, kinds)
            if handles and r.random() < 0.3:
                i = r.randrange(len(handles))
                handles[i] = (r.randrange(2), handles[i][1], r.random() < 0.5)
        if what == "result":
            right = (r.randrange(64) * 8, 8)
            bits.append(r.choice([*right, r.getrandbits(32), 1021]) if is_wrong and r.random() < 0.2 else right[0])
        place = self.bad_place() if is_wrong and r.random() < 0.5 else self.good_place()
        size = r.choice([1024, 2048]) + (what == "result") * 2048
        return reference.Case(self.d, route, what, encodings, types, handles, bits, memory, size, place), letters


def as_number(d, t):
    """The same type with u32 for a handle."""
    match t:
        case d.OwnType() | d.BorrowType():
            return d.U32Type()
        case None:
            return None
        case d.ListType(element, length):
            return d.ListType(as_number(d, element), length)
        case d.RecordType(fields):
            return d.RecordType([d.FieldType(f.label, as_number(d, f.t)) for f in fields])
        case d.VariantType(cases):
            return d.VariantType([d.CaseType(c.label, as_number(d, c.t)) for c in cases])
        case d.OptionType(element):
            return d.OptionType(as_number(d, element))
        case d.ResultType(ok, error):
            return d.ResultType(as_number(d, ok), as_number(d, error))
        case _:
            return t
