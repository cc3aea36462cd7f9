"""Terminals as pictures: lines of styled text in a drawn window, as SVG, and PNG photographs of it by Chromium.

The picture holds no fonts and no addresses. Bars and blocks are drawn as shapes, so that they join up in every font.
"""

import html
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.color import blend_rgb
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import DIMMED_MONOKAI, TerminalTheme

THEME: TerminalTheme = DIMMED_MONOKAI
CELL_W, CELL_H, FONT_PX, PADDING, TITLE_BAR = 9.0, 19.0, 15, 14.0, 34.0
FONTS = "ui-monospace, 'SF Mono', Menlo, 'Cascadia Mono', 'DejaVu Sans Mono', Consolas, monospace"
# Shapes as (left, top, right, bottom) in parts of a cell.
SHAPES: dict[str, list[tuple[float, float, float, float]]] = {
    "█": [(0, 0, 1, 1)],
    "▀": [(0, 0, 1, 0.5)],
    "━": [(0, 0.42, 1, 0.58)],
    "─": [(0, 0.475, 1, 0.525)],
    "╾": [(0, 0.42, 0.5, 0.58), (0.5, 0.475, 1, 0.525)],
    **{block: [(0, 1 - eighths / 8, 1, 1)] for eighths, block in enumerate("▁▂▃▄▅▆▇", start=1)},
    "░": [(0, 0, 1, 1)],
}


def svg(lines: Sequence[Iterable[Segment]], columns: int, rows: int, name: str) -> str:
    """Lines of a terminal in a drawn window, as a self-contained SVG; ``name`` says to a screen reader what it is."""
    width, height = columns * CELL_W + 2 * PADDING, rows * CELL_H + TITLE_BAR + PADDING
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}"'
        f' height="{height:g}" role="img" aria-label="{name}">',
        f'<rect width="{width:g}" height="{height:g}" rx="9" fill="{_hex(THEME.background_color)}"/>',
    ]
    for index, colour in enumerate(("#ff5f57", "#febc2e", "#28c840")):
        parts.append(f'<circle cx="{20 + 20 * index}" cy="18" r="6" fill="{colour}"/>')
    parts.append(f'<g transform="translate({PADDING:g} {TITLE_BAR:g})" font-family="{FONTS}" font-size="{FONT_PX}">')
    for row, line in enumerate(lines[:rows]):
        column = 0
        for segment in line:
            parts += _segment(segment.text, segment.style or Style(), column, row)
            column += segment.cell_length
    return "\n".join([*parts, "</g>", "</svg>", ""])


def _segment(text: str, style: Style, column: int, row: int) -> Iterator[str]:
    fill, weight = _colour(style), ' font-weight="bold"' if style.bold else ""
    for (shape, character), group in groupby(text, key=lambda c: (c in SHAPES, c if c in SHAPES or c == " " else "")):
        run = "".join(group)
        x, y = column * CELL_W, row * CELL_H
        column += len(run)
        if shape:
            shade = ' fill-opacity="0.35"' if character == "░" else ""
            for left, top, right, bottom in SHAPES[character]:
                wide = (len(run) - 1 + right - left) * CELL_W
                high = (bottom - top) * CELL_H
                yield (
                    f'<rect x="{x + left * CELL_W:g}" y="{y + top * CELL_H:g}" width="{wide:g}" height="{high:g}"'
                    f' fill="{fill}"{shade} shape-rendering="crispEdges"/>'
                )
        elif character != " ":
            yield (
                f'<text x="{x:g}" y="{y + CELL_H * 0.74:g}" textLength="{len(run) * CELL_W:g}" fill="{fill}"{weight}'
                f">{html.escape(run)}</text>"
            )


def _colour(style: Style) -> str:
    colour = style.color.get_truecolor(THEME) if style.color is not None else THEME.foreground_color
    return _hex(blend_rgb(colour, THEME.background_color, 0.45) if style.dim else colour)


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def write_png(picture: Path, png: Path) -> None:
    """Has Chromium photograph an SVG at twice its size."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        sys.exit("no Chromium found to draw the PNG with: install chromium, or pass --no-png")
    size = [float(n) for n in picture.read_text(encoding="utf-8").split('viewBox="', 1)[1].split('"', 1)[0].split()[2:]]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = Path(folder, "page.html")
        page_file.write_text(f'<body style="margin:0"><img src="{picture.resolve().as_uri()}">', encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        viewport = {"width": round(size[0]), "height": round(size[1])}
        page = browser.new_page(viewport=viewport, device_scale_factor=2)
        page.goto(page_file.as_uri())
        page.locator("img").screenshot(path=png, omit_background=True)
        browser.close()
