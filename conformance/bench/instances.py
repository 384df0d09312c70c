# SPDX-License-Identifier: Apache-2.0
"""What an instance costs: made, called and let go, with and without a pool; and in memory, many at once (instantiate.c)."""
import json
import subprocess

COMPONENTS = {
    "C": ("instant.wasm", 200, 10000),
    "StarlingMonkey": ("starling-instant.wasm", 50, 100),
}
WAYS = ("no pool", "pool", "pool that compares", "pool without files")


def measured(options):
    for name, (file, samples, live) in COMPONENTS.items():
        path = options.guests / file
        if not path.exists():
            continue
        options.progress(f"instances: {name}")
        command = [options.build / "conformance/instantiate", path, str(samples), str(live)]
        yield name, json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def instances(options):
    """A new instance for each call, of a C component and of a JavaScript one: CPU time in us, KiB resident when many live."""
    rows = []
    for name, figures in measured(options):
        for way in WAYS:
            all_of_it = figures[f"{way}, called"]
            row = {"component": name, "way": way, "make us": all_of_it["make"], "call us": all_of_it["call"],
                   "let go us": all_of_it["give"], "all us": all_of_it["us"], "live": "", "KiB each": ""}
            if way == "pool":
                row.update({"live": figures["live"]["instances"], "KiB each": figures["live"]["resident_kib"]})
            rows.append(row)
    return rows
