# SPDX-License-Identifier: Apache-2.0
"""What the tests of the program share: running it, the guests, temporary folders. $PIRN is the program under test, $GUESTS the
folder that conformance/guests/build.sh filled, $ROOT the repository."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

PIRN = os.environ.get("PIRN", "pirn")
GUESTS = pathlib.Path(os.environ.get("GUESTS", "build/guests"))
ROOT = pathlib.Path(os.environ.get("ROOT", "."))
# Sanitizer builds are many times slower: time limits are stretched, never loosened in what they check.
SLOW = int(os.environ.get("SLOW", "1"))
SKIPPED = 77


def guest(name):
    """The path of a guest; the test is skipped, with the reason, when it could not be built here."""
    path = GUESTS / f"{name}.wasm"
    if not path.exists():
        missing = GUESTS / f"{name}.missing"
        reason = missing.read_text().strip() if missing.exists() else "the guests have not been built (./dev guests)"
        raise unittest.SkipTest(f"guest {name}: {reason}")
    return str(path)


class Case(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory(prefix="pirn-test-")
        self.folder = pathlib.Path(self._folder.name)
        self.addCleanup(self._folder.cleanup)

    def pirn(self, *args, stdin=b"", env=None, timeout=120):
        """Runs the program; stdout and stderr come back as text."""
        done = subprocess.run([PIRN, *map(str, args)], input=stdin, capture_output=True, timeout=timeout * SLOW,
                              env={**os.environ, **(env or {})}, cwd=self.folder)
        done.out = done.stdout.decode("utf-8", "replace")
        done.err = done.stderr.decode("utf-8", "replace")
        self.assertNotIn("Sanitizer", done.err)
        self.assertNotIn("runtime error:", done.err)
        return done

    def expect(self, done, code, out=None, err=None):
        """`out` is the whole of stdout; `err` must be in stderr."""
        self.assertEqual(done.returncode, code, f"stdout: {done.out}\nstderr: {done.err}")
        if out is not None:
            self.assertEqual(done.out, out)
        if err is not None:
            self.assertIn(err, done.err)


def main():
    program = unittest.main(exit=False, verbosity=2)
    result = program.result
    if result.testsRun and len(result.skipped) == result.testsRun:
        sys.exit(SKIPPED)
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)
