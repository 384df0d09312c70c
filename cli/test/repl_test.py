#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Values on the command line and in pirn repl: the component docs/examples/values.wasm gives back what it is given."""
import os
import pty
import select
import subprocess
import time

import support
from support import PIRN, ROOT, SLOW

VALUES = ROOT.resolve() / "docs/examples/values.wasm"
EMBED = ROOT.resolve() / "docs/examples/embed.wasm"


class Values(support.Case):
    def test_every_type_comes_back_as_it_went(self):
        cases = [  # call, what is printed; None: the same value
            ("bool(true)", None), ("bool(false)", None), ("s8(-128)", None), ("u64(18446744073709551615)", None),
            ("s64(-9223372036854775808)", None), ("f32(0.1)", None), ("f32(-0)", None), ("f64(-inf)", None),
            ("f64(nan)", None), ("f64(5e-324)", None), ("char('\\u{1F9F5}')", "'\U0001F9F5'"),
            ("char('\\'')", None), ("char('\\n')", None), (r'string("a \"b\" \\ \t\u{0}\u{7f}")', None),
            ("paint(green)", None), ("paint(%none)", None), ("mode({})", None), ("mode({read, run})", None),
            ("mode({run, read})", "{read, run}"), ("bytes([0, 255])", None), ("bytes([])", None),
            ("shapes([dot, circle(2.5), polygon([{x: 1, y: -0.5}])])", None),
            ('people([{name: "a", age: some(3), friends: ["b", "c"]}])', None),
            ('people([{friends: [], name: ""}])', '[{name: "", age: none, friends: []}]'),
            ("options([none, some(none), some(some(7))])", None),
            ('results([ok("fine"), err(red)])', None), ('results(["fine", err(%none)])', '[ok("fine"), err(%none)]'),
            ("outcomes([ok, err])", None), ('tuples([(1, "x"), (2, "y")])', None), ("matrix([[1.5, inf], [], [nan]])", None),
            ('bytes([1, // one\n 2])', "[1, 2]"),
        ]
        script = "".join(call.replace("// one\n", "") + "\n" for call, _ in cases)
        expected = [printed or call[call.index("(") + 1:-1] for call, printed in cases]
        self.expect(self.pirn("repl", VALUES, stdin=script.encode()), 0, "".join(e + "\n" for e in expected))
        for (call, _), printed in list(zip(cases, expected))[::6] + [(cases[-1], expected[-1])]:
            with self.subTest(call):
                self.expect(self.pirn("run", "--invoke", call, VALUES), 0, printed + "\n")
        self.expect(self.pirn("run", "--invoke", "greet", VALUES, "you", "true"), 0, '"hello you!"\n')

    def test_a_wrong_value_is_marked(self):
        cases = [
            ("shape-area(circle({r: 2.5}))", "expected a value of type f64", 19),
            ("shape-area(square)", "variant has no 'square'", 12),
            ("paint(none-of-it)", "enum has no 'none-of-it'", 7),
            ('greet("you")', "the function takes 2 arguments, not 1", 12),
            ('greet("you", true, 1)', "expected ')'", 20),
            ('greet("you", true', "expected ')'", 18),
            ('greet("you" true)', "expected ','", 13),
            ("bytes([1, 256])", "expected a value of type u8", 11),
            ("f32(1e400)", "the number is too large for f32", 5),
            ("f64(infinity)", "expected a value of type f64", 5),
            ('string("\U0001F9F5\\q")', "unknown escape", 11),
            ('people([{name: "a"}])', "field 'friends' is missing", 19),
            ("bytes([" + "1, " * 100 + "x])", "expected a value of type u8", 308),
        ]
        for call, message, column in cases:
            with self.subTest(call):
                done = self.pirn("run", "--invoke", call, VALUES)
                self.expect(done, 2, "", err=f"usage: in the arguments, column {column}: {message}")
                shown, mark = done.err.split("\n")[-3:-1]
                self.assertEqual(shown[mark.index("^"):][:1], call[column - 1:column])
        done = self.pirn("run", "--invoke", "bytes", VALUES, "[1, x]")
        self.expect(done, 2, err="argument 1, column 5: expected a value of type u8\n    [1, x]\n        ^\n")

    def test_resources_need_a_session(self):
        for call in ("counter(1)", "counter.add(x, 1)", "pair()"):
            with self.subTest(call):
                self.expect(self.pirn("run", "--invoke", call, VALUES), 2, "", err="'pirn repl' calls one function after")
        self.expect(self.pirn("run", "--invoke", "live()", VALUES), 0, "0\n")


class Session(support.Case):
    def script(self, *lines, flags=(), file=VALUES):
        return self.pirn("repl", *flags, file, stdin="\n".join(lines).encode() + b"\n")

    def test_resources_live_by_their_names(self):
        done = self.script("a = counter(5)", "a.add(3)", "b = [constructor]counter(10)", "counter.add(b, 1)", "live()",
                           "c = counter.merge(a, b)", "resources", "c.add(0)", "pair()", "counter#1.add(1)", "live()",
                           "drop c", "drop counter#1", "live()", "", "# no more")
        self.expect(done, 0, "a\n8\nb\n11\n2\nok(c)\nb: counter\nc: counter\n19\n(counter#1, counter#2)\n2\n4\n2\n")
        self.assertEqual(done.err, "")

    def test_mistakes_do_not_end_the_session(self):
        cases = [
            ("a.nope()", "a counter has no method 'nope'"),
            ("nothing()", "there is no exported function 'nothing'"),
            ("a = counter(2)", "there is a resource 'a' already; 'drop a' ends it"),
            ("x = live()", "the function gives no resource, which is what can be named"),
            ("a.add(t)", "expected a value of type u32"),
            ("counter.add(t, 1)", "t is a token, and a counter is expected"),
            ("counter.add(z, 1)", "there is no resource 'z' in this session"),
            ("counter.add(1, 1)", "there is no resource '1' in this session"),
            ("counter.merge(a, a)", "this resource is given away by the same call"),
            ("drop z", "there is no resource 'z' in this session"),
            ("drop", "write 'drop NAME'"),
            ("quit now", "write 'quit'"),
            ("add(1", "there is no exported function 'add'"),
            ("= (", "there is no exported function '='"),
            ("(", "there is no exported function ''"),
            (".", "there is no exported function '.'"),
        ]
        done = self.script("a = counter(1)", "t = token()", *(line for line, _ in cases), "a.add(1)")
        self.expect(done, 1, "a\nt\n2\n")
        for number, (line, message) in enumerate(cases):
            with self.subTest(line):
                self.assertIn(f"line {number + 3}: ", done.err)
                self.assertIn(message, done.err)

    def test_a_trap_ends_the_instance_and_restart_makes_another(self):
        done = self.script("a = counter(1)", "a.crash()", "a.add(1)", "drop a", "restart", "live()", "a = counter(7)", "a.add(0)")
        self.expect(done, 1, "a\n0\na\n7\n")
        self.assertIn("trap: unreachable", done.err)
        self.assertIn("wasm backtrace:\n", done.err)
        self.assertEqual(done.err.count("the instance has ended; 'restart' makes a new one"), 3)

    def test_a_time_limit_holds_for_each_call(self):
        done = self.script("live()", "live()", flags=("--timeout", "60s"))
        self.expect(done, 0, "0\n0\n")

    def test_help_and_lists(self):
        done = self.script("help", "functions", "counter.add", "quit", "live()")
        self.expect(done, 0)
        self.assertIn("drop      NAME", done.out)
        self.assertIn("  counter.add: func(self: borrow<counter>, n: u32) -> u32\n", done.out)
        self.assertTrue(done.out.endswith("\nfunc(self: borrow<counter>, n: u32) -> u32\n"), done.out)

    def test_what_cannot_be_a_session(self):
        (self.folder / "m.wat").write_text("(module)")
        self.expect(self.pirn("repl", "m.wat"), 1, "", err="this is a core module; a session is with a component")
        self.expect(self.pirn("repl"), 2, "", err="which file?")
        self.expect(self.pirn("repl", VALUES, "more"), 2, "", err="say one file")
        self.expect(self.script("live()", file=EMBED), 1, "", err="unlinkable: ")

    def test_on_a_terminal_words_are_completed(self):
        leader, follower = pty.openpty()
        env = {**os.environ, "TERM": "vt100", "LC_ALL": "C.UTF-8",
               "ASAN_OPTIONS": "detect_leaks=0"}  # libedit forgets the names of functions that it is given
        with subprocess.Popen([PIRN, "repl", str(VALUES)], stdin=follower, stdout=follower, stderr=follower, env=env,
                              close_fds=True) as process:
            os.close(follower)
            seen = self.read(leader, b"> ")
            os.write(leader, b"abc = counter(4)\n")
            seen += self.read(leader, b"abc\r\n> ")
            os.write(leader, b"abc.a\t3)\nquit\n")
            seen += self.read(leader, b"no more")
            self.assertEqual(process.wait(timeout=60 * SLOW), 0)
        os.close(leader)
        if b"dd(3)" not in seen:
            self.skipTest("built without libedit")
        self.assertIn(b"\r\n7\r\n", seen)

    def read(self, leader, end):
        seen, until = b"", time.monotonic() + 30 * SLOW
        while not seen.endswith(end) and time.monotonic() < until:
            if not select.select([leader], [], [], 0.5)[0]:
                continue
            try:
                seen += os.read(leader, 4096)
            except OSError:  # the other end is closed
                break
        return seen


if __name__ == "__main__":
    support.main()
