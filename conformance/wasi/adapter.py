# SPDX-License-Identifier: Apache-2.0
"""How the runner of WebAssembly/wasi-testsuite runs a program with pirn.

The runner asks this module for the runtime's name and what of WASI it has, then for the command line of each program.
$PIRN is the program to run, "pirn" of the search path when it is not set; it may have options behind it.
"""

import os
import shlex
import subprocess

PIRN = shlex.split(os.environ.get("PIRN", "pirn"))


def get_name():
    return "pirn"


def get_version():
    answer = subprocess.run(PIRN[:1] + ["--version"], capture_output=True, text=True, check=True)
    return answer.stdout.split()[-1]


def get_wasi_versions():
    return ["wasm32-wasip1"]


def get_wasi_worlds():
    return ["wasi:cli/command"]


def get_timeout_seconds():
    """The runner's own patience is made for a machine that does nothing else."""
    return 60


def compute_argv(test_path, args_env_root, _proposals, _wasi_world, _wasi_version):
    """A root is the one directory that a program is given; it finds it as "/"."""
    args, env, root = args_env_root
    argv = [*PIRN, "run"]
    for name, value in env.items():
        argv += ["--env", f"{name}={value}"]
    if root:
        argv += ["--dir", f"{root}::/"]
    return argv + [test_path, *args]
