# SPDX-License-Identifier: Apache-2.0
"""The kernels' figures as a picture: one group of bars a kernel, each engine's CPU time as a multiple of the native program's."""
from xml.sax.saxutils import escape

COLOURS = ["#c2410c", "#1d4ed8", "#15803d", "#7e22ce", "#a16207", "#0e7490", "#be185d", "#4b5563"]
BAR, GAP, LEFT, RIGHT, TOP = 9, 10, 130, 70, 48
WIDTH = 900


def groups(result):
    """[(kernel, [(engine, multiple)])] of the kernels that have a native program."""
    engines = ["pirn", *result["engines"]]
    for row in result["rows"]:
        if row.get("native"):
            native = row["native"]["median"]
            yield row["kernel"], [(engine, row[engine]["median"] / native) for engine in engines if row.get(engine)]


def svg(result, title):
    data = list(groups(result))
    engines = ["pirn", *result["engines"]]
    colours = dict(zip(engines, COLOURS * (1 + len(engines) // len(COLOURS))))
    most = max((multiple for _, bars in data for _, multiple in bars), default=1)
    scale = (WIDTH - LEFT - RIGHT) / most
    body, y = [], TOP
    for kernel, bars in data:
        body.append(f'<text x="{LEFT - 8}" y="{y + len(bars) * BAR / 2 + 4:.1f}" text-anchor="end">{escape(kernel)}</text>')
        for engine, multiple in bars:
            body.append(f'<rect x="{LEFT}" y="{y}" width="{multiple * scale:.1f}" height="{BAR - 1}" fill="{colours[engine]}"/>')
            body.append(f'<text x="{LEFT + multiple * scale + 4:.1f}" y="{y + BAR - 2}" font-size="8">{multiple:.1f}</text>')
            y += BAR
        y += GAP
    x = LEFT
    for engine in engines:
        body.append(f'<rect x="{x}" y="30" width="10" height="10" fill="{colours[engine]}"/><text x="{x + 14}" y="39">{escape(engine)}</text>')
        x += 30 + 7 * len(engine)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 8}" font-family="sans-serif" font-size="11">\n<!-- SPDX-License-Identifier: Apache-2.0 -->\n'
            f'<rect width="100%" height="100%" fill="white"/><text x="{LEFT}" y="18" font-size="13">{escape(title)}</text>\n'
            + "\n".join(body) + "\n</svg>\n")
