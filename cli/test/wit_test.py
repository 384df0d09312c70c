# SPDX-License-Identifier: Apache-2.0
"""pirn wit: what each of its verbs prints, and with which exit code."""
import json

from support import ROOT, Case, guest, main

SAMPLE = """package a:b@1.0.0;

/// Docs.
interface i {
    record point {
        x: u32,
    }

    area: func(p: point) -> u64;
}

world w {
    import i;

    export run: func();
}
"""


class Wit(Case):
    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def test_check_says_what_is_there(self):
        self.write("p/a.wit", SAMPLE)
        self.write("p/deps/c/c.wit", "package c:d; world v { }")
        self.expect(self.pirn("wit", "check", "p"), 0, "a:b@1.0.0: 1 interface, 1 world\nc:d: 0 interfaces, 1 world\n")

    def test_errors_show_place_line_and_suggestion(self):
        path = self.write("a.wit", SAMPLE.replace("(p: point)", "(p: piont)"))
        done = self.pirn("wit", "check", path)
        self.expect(done, 1, "", f"error: {path}: 9:19: invalid: unknown type `piont`; did you mean `point`?\n")
        self.assertIn("    9 |     area: func(p: piont) -> u64;\n      |                   ^\n", done.err)
        self.assertEqual(json.loads(self.pirn("wit", "check", "--json", path).out)["column"], 19)

    def test_print_gives_the_text_again(self):
        path = self.write("a.wit", SAMPLE)
        self.expect(self.pirn("wit", "print", path), 0, SAMPLE)

    def test_dependencies_are_printed_when_asked_for(self):
        self.write("p/a.wit", "package a:b; world w { include c:d/v; }")
        self.write("p/deps/c.wit", "package c:d; world v { }")
        own = "package a:b;\n\nworld w {\n    include c:d/v;\n}\n"
        self.expect(self.pirn("wit", "print", "p"), 0, own)
        self.expect(self.pirn("wit", "print", "--deps", "p"), 0, own + "\npackage c:d {\n    world v {\n    }\n}\n")

    def test_json_has_types_functions_and_worlds(self):
        path = self.write("a.wit", SAMPLE)
        package = json.loads(self.pirn("wit", "json", path).out)["packages"][0]
        interface = package["interfaces"][0]
        self.assertEqual(interface["docs"], "Docs.")
        self.assertEqual(interface["types"][0]["members"], [{"name": "x", "type": "u32"}])
        self.assertEqual(interface["functions"][0]["params"][0]["type"], {"name": "point", "in": "a:b/i@1.0.0"})
        self.assertEqual(package["worlds"][0]["imports"], [{"name": "a:b/i@1.0.0", "interface": "a:b/i@1.0.0"}])

    def test_encode_makes_a_package_that_is_read_and_is_valid(self):
        path = self.write("a.wit", SAMPLE)
        self.expect(self.pirn("wit", "encode", "--output", "a.wasm", path), 0, "")
        self.expect(self.pirn("validate", "a.wasm"), 0, "")
        self.expect(self.pirn("wit", "print", "a.wasm"), 0, SAMPLE)
        self.expect(self.pirn("wit", "diff", path, "a.wasm"), 0, f"a.wasm equals {path}\n")

    def test_unstable_items_are_encoded_with_their_feature(self):
        path = self.write("a.wit", "package a:b@1.0.0; interface i { f: func(); @unstable(feature = x) g: func(); }")
        self.pirn("wit", "encode", "--output", "without.wasm", path)
        self.pirn("wit", "encode", "--enable", "x", "--output", "with.wasm", path)
        self.assertNotIn("g: func", self.pirn("wit", "print", "without.wasm").out)
        self.assertIn("g: func", self.pirn("wit", "print", "with.wasm").out)

    def test_diff_tells_what_breaks(self):
        before = self.write("before.wit", SAMPLE)
        after = self.write("after.wit", SAMPLE.replace("1.0.0", "1.1.0").replace("-> u64", "-> u32"))
        more = self.write("more.wit", SAMPLE.replace("1.0.0", "1.1.0").replace("area:", "zero: func();\n    area:"))
        self.expect(self.pirn("wit", "diff", before, after), 1,
                    "! a:b/i@1.1.0 area: the result is `u32`, where it was `u64`\n"
                    f"{after} is no compatible successor of {before}\n")
        self.expect(self.pirn("wit", "diff", before, more), 0,
                    f"+ a:b/i@1.1.0 zero: this function is new\n{more} is a compatible successor of {before}\n")
        answer = json.loads(self.pirn("wit", "diff", "--json", before, after).out)
        self.assertFalse(answer["compatible"])
        self.assertEqual(answer["differences"][0]["item"], "area")

    def test_the_wit_of_the_host_is_the_official_one(self):
        official = ROOT / "../shared/wit/wasi-0.2.12"
        if not official.exists():
            self.skipTest("there is no WIT of WASI beside the repository")
        self.expect(self.pirn("wit", "diff", official, ROOT / "host/wit"), 0, f"{ROOT}/host/wit equals {official}\n")

    def test_the_wit_of_a_component_is_wit(self):
        done = self.pirn("wit", "of", guest("hello-component"))
        self.expect(done, 0)
        self.assertIn("    export wasi:cli/run@0.2.", done.out)
        self.assertIn("use wasi:io/streams@0.2.", done.out)
        self.expect(self.pirn("wit", "print", self.write("of.wit", done.out)), 0, done.out)

    def test_a_component_targets_a_world_or_it_is_said_what_is_missing(self):
        hello, wit = guest("hello-component"), ["--wit", str(ROOT / "host/wit")]
        self.expect(self.pirn("wit", "targets", *wit, hello, "wasi:cli/command@0.2.12"), 0,
                    f"{hello} targets wasi:cli/command@0.2.12\n")
        done = self.pirn("wit", "targets", *wit, hello, "proxy")
        self.expect(done, 1)
        self.assertIn("incoming-handler@0.2.12: the world exports this, and the component does not have it\n", done.out)
        self.assertIn(f"{hello} does not target proxy\n", done.out)

    def test_mistakes_are_told(self):
        self.write("empty/readme.txt", "")
        cases = [
            (["wit"], 2, "say check, print, json, of, encode, targets or diff"),
            (["wit", "chekc", "a"], 2, "unknown verb 'chekc'; did you mean 'check'?"),
            (["wit", "check"], 2, "usage: pirn wit check [OPTIONS] PATH"),
            (["wit", "diff", "a"], 2, "usage: pirn wit diff [OPTIONS] BEFORE AFTER"),
            (["wit", "check", "missing.wit"], 1, "missing.wit: No such file or directory"),
            (["wit", "check", "empty"], 1, "empty: there is no .wit file in this folder"),
            (["wit", "encode", str(ROOT / "host/wit")], 2, "say which one with --package"),
            (["wit", "encode", "--package", "x:y", str(ROOT / "host/wit")], 1, "there is no package x:y"),
            (["wit", "of", guest("hello")], 1, "this is a core module, which has no WIT"),
        ]
        for args, code, message in cases:
            with self.subTest(" ".join(args)):
                self.expect(self.pirn(*args), code, "", message)


if __name__ == "__main__":
    main()
