#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/spec-map.md: every file that it names is there, and has in it every word that its row names."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
rows, failures = 0, []
for number, line in enumerate((root / "docs/spec-map.md").read_text().splitlines(), 1):
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    if not line.startswith("|") or len(cells) != 3 or cells[1] in ("file", "---"):
        continue
    rows += 1
    paths = re.findall(r"`([^`]+)`", cells[1])
    missing = [path for path in paths if not (root / path).is_file()]
    text = "\n".join((root / path).read_text() for path in paths if path not in missing)
    if not paths:
        failures.append(f"line {number}: no file")
    failures += [f"line {number}: there is no {path}" for path in missing]
    failures += [f"line {number}: {' and '.join(paths)} do not have {word}"
                 for word in re.findall(r"`([^`]+)`", cells[2]) if not re.search(rf"\b{re.escape(word)}\b", text)]
print("\n".join(failures) or f"{rows} rows")
sys.exit(1 if failures or rows < 50 else 0)
