#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The floors of the house: which folder may include what, and what else holds for every source file.

Usage: layers_test.py [ROOT]; prints one line for each breach and fails when there is one. With --self-test it also shows
that each rule can fail, on a small tree of its own.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

PUBLIC = {"base": 1, "vm": 1, "component": 2, "wit": 2, "host": 3, "conformance": 3}
VM = ["vm/base/", "vm/syntax/", "vm/binary/", "vm/valid/", "vm/text/", "vm/exec/"]

# Folder (the longest prefix counts) -> what its files may include: repository paths, and public headers by name.
ROOMS = {
    "vm/base/": (["vm/base/"], ["base"]),
    "vm/syntax/": (["vm/base/", "vm/syntax/"], ["base", "vm"]),
    "vm/binary/": (["vm/base/", "vm/syntax/", "vm/binary/"], ["base", "vm"]),
    "vm/valid/": (["vm/base/", "vm/syntax/", "vm/binary/", "vm/valid/"], ["base", "vm"]),
    "vm/text/": (["vm/base/", "vm/syntax/", "vm/binary/", "vm/text/"], ["base", "vm"]),
    "vm/exec/": (["vm/base/", "vm/syntax/", "vm/binary/", "vm/exec/"], ["base", "vm"]),
    "vm/": (VM + ["vm/test/"], ["base", "vm"]),
    "component/": (["component/", "vm/base/", "vm/binary/reader.h", "vm/binary/writer.h", "vm/binary/instr.h", "vm/text/lexer.h",
                    "vm/text/parse.h"], ["base", "vm", "component"]),
    "component/test/": (["component/", "vm/base/", "vm/binary/", "vm/syntax/opcode.h"], ["base", "vm", "component"]),
    "wit/": (["wit/", "vm/base/"], ["base", "wit"]),
    "host/": (["host/", "vm/base/", "generated"], ["base", "vm", "component", "wit", "host"]),
    "host/test/": (["host/", "vm/base/", "vm/binary/", "component/test/", "generated"], list(PUBLIC)),
    "cli/": (["cli/"], list(PUBLIC)),
    "conformance/": (["conformance/", "vm/text/lexer.h", "vm/text/numbers.h", "vm/text/parse.h", "component/text_parse.h", "vm/base/utf8.h"],
                     ["base", "vm", "component", "wit", "conformance"]),
    "conformance/bench/": (["conformance/"], list(PUBLIC)),
    "fuzz/": (["fuzz/", "vm/", "component/", "wit/", "host/", "conformance/"], list(PUBLIC)),
    "docs/": (["docs/"], list(PUBLIC)),
}
# Where compilers and systems may be told apart (the last for the compilers of embedders).
CONDITIONAL = ["vm/base/compiler.h", "vm/exec/dispatch.h", "vm/base/include/pirn/base.h"]
MAX_LINES = 1000
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.M)
# `#ifdef __cplusplus` of the public headers is no choice of ours.
CONDITION = re.compile(r"^\s*#\s*(?:if|ifdef|ifndef|elif)\b(?!\s+__cplusplus)", re.M)


def sources(root):
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True)
    names = listed.stdout.split("\n") if listed.returncode == 0 else [
        str(p.relative_to(root)) for p in pathlib.Path(root).rglob("*")]
    return [n for n in names if n.endswith((".c", ".h", ".def")) and (pathlib.Path(root) / n).is_file()]


def room_of(name):
    fitting = [room for room in ROOMS if name.startswith(room)]
    return max(fitting, key=len) if fitting else None


def check_include(name, quoted, angled, all_names):
    room = room_of(name)
    if room is None:
        return f"{name}: lies in no room of the table"
    paths, publics = ROOMS[room]
    if angled:
        if angled.startswith("pirn/") and angled[5:-2] not in publics:
            return f"{name}: {room} may not include <{angled}>"
        return None
    if quoted not in all_names:
        return None if "generated" in paths else f"{name}: includes \"{quoted}\", which is not a path from the root"
    if not any(quoted.startswith(p) for p in paths):
        return f"{name}: {room} may not include \"{quoted}\""
    return None


def find_circle(graph):
    state = {}

    def visit(node, path):
        state[node] = "open"
        for following in graph.get(node, ()):
            if state.get(following) == "open":
                return path + [node, following]
            if following not in state:
                circle = visit(following, path + [node])
                if circle:
                    return circle
        state[node] = "done"
        return None

    for node in list(graph):
        if node not in state:
            circle = visit(node, [])
            if circle:
                return circle
    return None


def breaches(root):
    names = sources(root)
    found, graph = [], {}
    for name in names:
        text = (pathlib.Path(root) / name).read_text(encoding="utf-8")
        if "SPDX-License-Identifier: Apache-2.0" not in "\n".join(text.split("\n")[:2]):
            found.append(f"{name}: has no SPDX line at its top")
        if text.count("\n") > MAX_LINES:
            found.append(f"{name}: has {text.count(chr(10))} lines, more than {MAX_LINES}")
        # A table may give the columns that its reader does not want an empty meaning.
        if name not in CONDITIONAL and not name.endswith(".def") and CONDITION.search(text):
            found.append(f"{name}: has a conditional; they belong in {' and '.join(CONDITIONAL)}")
        for quoted, angled in INCLUDE.findall(text):
            breach = check_include(name, quoted, angled, names)
            if breach:
                found.append(breach)
            if quoted in names:
                graph.setdefault(name, []).append(quoted)
    circle = find_circle(graph)
    if circle:
        found.append("circle: " + " -> ".join(circle))
    return found, len(names)


SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"
SELF_TEST = {  # file -> content that breaks one rule, and a piece of the complaint
    "vm/base/a.c": (SPDX + '#include "vm/exec/b.h"\n', "may not include"),
    "vm/exec/b.h": (SPDX + '#include "vm/exec/c.h"\n', "circle"),
    "vm/exec/c.h": (SPDX + '#include "vm/exec/b.h"\n', "circle"),
    "cli/d.c": ("int d;\n", "no SPDX"),
    "wit/e.c": (SPDX + "#if 1\n#endif\n", "conditional"),
    "host/f.c": (SPDX + "\n" * 1001, "lines"),
    "component/g.c": (SPDX + "#include <pirn/host.h>\n", "may not include <pirn/host.h>"),
    "attic/h.c": (SPDX + "#include <pirn/base.h>\n", "no room"),
}


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        for name, (content, _) in SELF_TEST.items():
            path = pathlib.Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        found, _ = breaches(folder)
        for name, (_, complaint) in SELF_TEST.items():
            assert any(complaint in line for line in found), f"self-test: no complaint '{complaint}' for {name}: {found}"


def main():
    self_test()
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    found, count = breaches(root)
    for line in found:
        print(line)
    print(f"{count} files, {len(found)} breaches")
    return 1 if found or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
