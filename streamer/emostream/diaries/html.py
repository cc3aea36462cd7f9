"""A diary as one HTML file, which fetches nothing: bars of each day's hours, and the same in tables."""

from collections.abc import Iterator
from html import escape

from emostream.diaries.diary import HOUR_S, Day, Diary
from emostream.diaries.tables import ABOUT, LOUDNESS_NOTE, day_lead, day_title, lead, tables, title
from emostream.sinks.drawing import duration
from emostream.sinks.palette import label_colours
from emostream.sinks.printable import printable

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 3rem; }
.about { border-inline-start: 4px solid; padding-inline-start: 1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 1rem 0; }
caption { text-align: start; font-weight: bold; }
th, td { padding: .2rem .7rem; text-align: end; white-space: nowrap; border-bottom: 1px solid #8885; }
th:first-child, td:first-child { text-align: start; padding-inline-start: 0; }
ul.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; padding: 0; list-style: none; }
ul.legend svg { width: .9em; height: .9em; vertical-align: -.1em; margin-inline-end: .4em; }
svg.day { width: 100%; height: auto; } svg text { fill: currentColor; font: 11px system-ui, sans-serif; }
svg .rule { stroke: currentColor; stroke-opacity: .25; } svg .listened { fill: currentColor; fill-opacity: .1; }
svg .part { stroke: Canvas; forced-color-adjust: none; }
svg .unnamed { fill: currentColor; fill-opacity: .15; stroke: currentColor; stroke-opacity: .5; }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
# Of a day's bars, in units of its drawing.
_WIDTH, _HEIGHT, _LEFT, _ABOVE, _BELOW = 960, 180, 56, 8, 20


def html(diary: Diary) -> str:
    """The whole document."""
    return "\n".join(_document(diary)) + "\n"


def _document(diary: Diary) -> Iterator[str]:
    colours = label_colours(diary.labels)
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{_words(title(diary))}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>"
    yield f"<h1>{_words(title(diary))}</h1>\n<p>{_words(lead(diary))}</p>"
    yield f'<p class="about">{_words(ABOUT)}</p>'
    for day in diary.days:
        yield f"<h2>{_words(day_title(day))}</h2>\n<p>{_words(day_lead(day))}</p>"
        if day.speech_s:
            yield from _bars(diary, day, colours)
        for caption, (header, rows) in tables(diary, day):
            yield from _table(caption, header, rows)
    yield f"<p>{_words(LOUDNESS_NOTE)}</p>\n</main>\n</body>\n</html>"


def _bars(diary: Diary, day: Day, colours: dict[str, str]) -> Iterator[str]:
    """A bar for each hour of the day, as high as there was speech in it, and what its parts mean.

    The parts of a bar stand in the order of the legend, and each says in words what it is.
    """
    yield '<ul class="legend" aria-hidden="true">'
    for name in diary.verdicts:
        if name in day.manners:
            square = f'<svg viewBox="0 0 10 10"><rect width="10" height="10" {_paint(name, colours)}/></svg>'
            yield f"<li>{square}{_words(name)}</li>"
    yield '<li><svg viewBox="0 0 10 10"><rect class="listened" width="10" height="10"/></svg>listened</li>\n</ul>'
    top_s = _scale_s(max(sum(hour.speech_s.values()) for hour in day.hours))
    across, up = (_WIDTH - _LEFT) / 24, (_HEIGHT - _ABOVE - _BELOW) / top_s
    floor = _HEIGHT - _BELOW
    words = f"Speech by the hour on {day_title(day)}; the table below has the same numbers."
    yield f'<svg class="day" role="img" aria-label="{_words(words)}" viewBox="0 0 {_WIDTH} {_HEIGHT}">'
    for seconds in (0, top_s / 2, top_s):
        y = floor - seconds * up
        yield f'<line class="rule" x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_minutes(seconds)}</text>'
    for number in range(0, 24, 2):
        yield f'<text x="{_LEFT + number * across + 2:.1f}" y="{_HEIGHT - 5}">{number:02}</text>'
    for hour in day.hours:
        x = _LEFT + hour.start.hour * across
        listened = across * min(1.0, hour.listened_s / HOUR_S)
        yield f'<rect class="listened" x="{x:.1f}" y="{_ABOVE}" width="{listened:.1f}" height="{floor - _ABOVE}"/>'
        y = float(floor)
        for name in diary.verdicts:
            if seconds := hour.speech_s.get(name, 0.0):
                y -= seconds * up
                said = f"{hour.start:%H:%M}: {name}, {duration(seconds)}"
                yield (
                    f'<rect x="{x + 2:.1f}" y="{y:.1f}" width="{across - 4:.1f}" height="{seconds * up:.1f}" '
                    f"{_paint(name, colours)}><title>{_words(said)}</title></rect>"
                )
    yield "</svg>"


def _table(caption: str, header: list[str], rows: list[list[str]]) -> Iterator[str]:
    yield f'<div class="scroll" tabindex="0" role="region" aria-label="{_words(caption)}">'
    yield f"<table>\n<caption>{_words(caption)}</caption>"
    cells = (f'<th scope="col">{_words(cell)}</th>' if cell else "<td></td>" for cell in header)
    yield f"<thead><tr>{''.join(cells)}</tr></thead>\n<tbody>"
    for first, *others in rows:
        yield f'<tr><th scope="row">{_words(first)}</th>{"".join(f"<td>{_words(cell)}</td>" for cell in others)}</tr>'
    yield "</tbody>\n</table>\n</div>"


def _scale_s(most_s: float) -> float:
    """The top of the scale: twice a number of minutes that is easily read.

    >>> _scale_s(700.0), _scale_s(30.0)
    (1200, 60)
    """
    return next((top for top in (60, 120, 240, 600, 1200, 1800, HOUR_S) if most_s <= top), 2 * HOUR_S)


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:g} min" if seconds else "0"


def _paint(name: str, colours: dict[str, str]) -> str:
    """The attributes of a bar's part: a label's colour, or a shade for what has no label."""
    return f'class="part" fill="{colours[name]}"' if name in colours else 'class="part unnamed"'


def _words(text: str) -> str:
    return escape(printable(text))
