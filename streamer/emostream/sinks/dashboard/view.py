"""The dashboard's picture: a pure function of its state and the size of the terminal."""

from datetime import datetime

from rich.cells import cell_len
from rich.text import Text

from emostream.pipeline.reliability import cost
from emostream.sinks.dashboard.block_letters import ROWS
from emostream.sinks.dashboard.headline import headline
from emostream.sinks.dashboard.help_page import overlay_lines, wrapped
from emostream.sinks.dashboard.history_strip import axis, names, strip
from emostream.sinks.dashboard.keys import Overlay
from emostream.sinks.dashboard.panel import losses, shares
from emostream.sinks.dashboard.state import DashboardState
from emostream.sinks.drawing import bar, clock, padded, spread, words
from emostream.sinks.palette import UNSURE as UNSURE_COLOUR
from emostream.sinks.palette import WARNING, label_colours
from emostream.sinks.printable import printable
from emostream.sinks.wording import UNSURE, closest, pause_words, voice_words

MARGIN = 2
MAX_CELLS = 132
VALUE_CELLS = 9
# From this width on there is a panel beside the stream, from this height on a line may take several.
WIDE, ROOMY_ROWS, FOOT_ROWS = 150, 20, 3
PANEL_CELLS, MAX_PANEL_CELLS, PANEL_GAP, MAX_CELLS_BESIDE = 52, 72, 6, 118
NO_OVERLAY = Overlay()
SILENCE_DBFS = -60.0
CLIPPING_DBFS = -3.0
ON_AIR = "● ON AIR"
CONSENT = " — a voice is being read"


def dashboard_lines(
    state: DashboardState,
    width: int,
    height: int,
    served_at: str | None = None,
    overlay: Overlay = NO_OVERLAY,
) -> list[Text]:
    """At most ``height`` lines of at most ``width`` cells; the most important lines come first and are cut last.

    Wide screens have a panel on the right, tall ones what it shows below the rest.
    """
    cells = max(1, width - 2 * MARGIN)
    is_wide = width >= WIDE
    main_cells = min(cells - PANEL_CELLS - PANEL_GAP, MAX_CELLS_BESIDE) if is_wide else min(cells, MAX_CELLS)
    panel_cells = min(cells - main_cells - PANEL_GAP, MAX_PANEL_CELLS) if is_wide else 0
    whole_cells = main_cells + PANEL_GAP + panel_cells if is_wide else main_cells
    foot = _foot(state, whole_cells, height, overlay)
    notice = _notice(state, whole_cells)
    rows = height - 1 - len(foot)
    if overlay.kind != "none":
        lines = [Text(), *overlay_lines(overlay, state, whole_cells, served_at)][: max(rows, 0)]
    else:
        lines = _main(state, main_cells, rows, served_at, with_panel=is_wide)
        if is_wide:
            lines = _beside(lines, _panel(state, panel_cells, max(rows, 0)), main_cells)
    lines = [notice, *lines, *_blank(rows - len(lines)), *foot]
    for line in lines:
        line.truncate(whole_cells, overflow="ellipsis")
        line.pad_left(MARGIN)
    return lines[: max(height, 0)]


def _main(state: DashboardState, cells: int, height: int, served_at: str | None, *, with_panel: bool) -> list[Text]:
    rows = _Rows(height - len(state.labels) - 4)
    tall_headline = rows.take(ROWS - 1, whole=True) > 0
    with_source = rows.take(1)
    blanks = [rows.take(1) for _ in range(4)]
    with_axis = rows.take(1)
    strip_rows = 1 + rows.take(2)
    with_names = rows.take(1)
    utterance_rows = 0 if with_panel else rows.take(4)
    airy_bars = rows.take(len(state.labels) - 1, whole=True) > 0
    strip_rows += rows.take(4)
    utterance_rows += 0 if with_panel else rows.take(8)
    share_rows = 0 if with_panel else rows.take(len(state.labels) + 3, whole=True)
    strip_rows += rows.take(6)

    lines = [_source(state, cells, served_at)] * with_source
    lines += _blank(blanks[0])
    lines += headline(state, cells, tall=tall_headline)
    lines += _blank(blanks[1])
    for index, line in enumerate(_bars(state, cells)):
        lines += [*_blank(int(airy_bars and index > 0)), line]
    lines += _blank(blanks[2])
    lines += strip(state, cells, strip_rows)
    lines += [names(state, cells)] * with_names
    lines += [axis(state, cells)] * with_axis
    lines += _blank(blanks[3])
    lines += [_level(state, cells), _figures(state, cells)]
    lines += [Text(), *shares(state, min(cells, PANEL_CELLS))] if share_rows else []
    return lines + _utterances(state, utterance_rows)


def _panel(state: DashboardState, cells: int, rows: int) -> list[Text]:
    """At most ``rows`` lines: shares, losses, and with the rest the last utterances."""
    lines = [Text(), Text(), *shares(state, cells), Text(), *losses(state)]
    lines = (lines + _utterances(state, rows - len(lines)))[:rows]
    for line in lines:
        line.truncate(cells, overflow="ellipsis")
    return lines


def _beside(left: list[Text], right: list[Text], cells: int) -> list[Text]:
    """Two columns of lines, the first ``cells`` wide."""
    count = max(len(left), len(right))
    joined = []
    for line, other in zip(left + _blank(count - len(left)), right + _blank(count - len(right)), strict=True):
        line.truncate(cells, overflow="ellipsis")
        gap = " " * (cells - line.cell_len + PANEL_GAP)
        joined.append(line.append(gap, style="default").append_text(other) if other.plain else line)
    return joined


class _Rows:
    """The spare rows of the screen, allocated in order of priority."""

    def __init__(self, spare: int) -> None:
        self._spare = max(spare, 0)

    def take(self, wanted: int, whole: bool = False) -> int:
        """As many rows as there still are, up to ``wanted``; with ``whole`` all of them or none."""
        n_rows = max(min(wanted, self._spare), 0)
        if whole and n_rows < wanted:
            return 0
        self._spare -= n_rows
        return n_rows


def _notice(state: DashboardState, cells: int) -> Text:
    elapsed = words(f"emostream  {clock(state.now_ms)[:-2]}", "dim")
    if state.hello is None:
        return spread(words("○ starting", "dim"), elapsed, cells)
    if state.paused_by:
        return spread(words(f"○ PAUSED — {pause_words(state.paused_by)}", "bold"), elapsed, cells)
    if not state.on_air:
        return spread(words("○ OFF AIR — waiting for the source", f"bold {WARNING}"), elapsed, cells)
    if state.hello.recorded:
        return spread(words(f"○ REPLAY of {_local(state.hello.recorded)} — nobody is read now", "bold"), elapsed, cells)
    notice = words(ON_AIR, f"bold {WARNING}")
    if cells >= len(ON_AIR + CONSENT) + 2 + elapsed.cell_len:
        notice.append(CONSENT, style="bold")
    return spread(notice, elapsed, cells)


def _local(time: str) -> str:
    """An RFC 3339 time as the day and the minute here."""
    return f"{datetime.fromisoformat(time).astimezone():%Y-%m-%d %H:%M}"


def _source(state: DashboardState, cells: int, served_at: str | None) -> Text:
    source, speaker, models, clients = "", "", "", 0
    if state.hello is not None:
        source = printable(state.hello.source)
        speaker = f"the voice of {state.hello.speaker}" if state.hello.speaker else ""
        models = " + ".join(f"{model.name} {model.version}" for model in state.hello.models)
    if state.health is not None:
        source, clients = printable(state.health.source), state.health.clients
    left = words(" · ".join(filter(None, (source, speaker, models))), "dim")
    if served_at is None:
        return left
    plural = "" if clients == 1 else "s"
    return spread(left, words(f"{served_at} · {clients} client{plural}", "dim"), cells)


def _bars(state: DashboardState, cells: int) -> list[Text]:
    estimate = state.estimate
    p, chosen = (estimate.p, estimate.label) if estimate is not None else ({}, None)
    colours = label_colours(state.labels)
    lines = []
    for label in state.labels:
        value = f"{p[label]:.0%}" if label in p else "—"
        style = "bold" if label == chosen else ""
        name = words(padded(label, _name_cells(state)), style)
        lines.append(_gauge(name, p.get(label, 0.0), colours[label], words(value, style), cells))
    return lines


def _level(state: DashboardState, cells: int) -> Text:
    dbfs = state.estimate.level_dbfs if state.estimate is not None else SILENCE_DBFS
    value = f"{max(dbfs, -99.0):.0f} dBFS" if state.estimate is not None else "—"
    colour = WARNING if dbfs > CLIPPING_DBFS else UNSURE_COLOUR
    return _gauge(Text(padded("level", _name_cells(state))), 1 - dbfs / SILENCE_DBFS, colour, Text(value), cells)


def _gauge(name: Text, fraction: float, colour: str, value: Text, cells: int) -> Text:
    filled, track = bar(fraction, max(cells - name.cell_len - 2 - VALUE_CELLS, 0))
    line = name.append("  ").append(filled, style=colour).append(track, style="dim")
    return line.append(" " * (VALUE_CELLS - value.cell_len)).append_text(value)


def _name_cells(state: DashboardState) -> int:
    return max(len("level"), *(cell_len(label) for label in state.labels), 0)


def _figures(state: DashboardState, cells: int) -> Text:
    """Agreement, latency and every loss."""
    figures: list[tuple[str, bool]] = []
    if state.estimate is not None:
        if state.hello is None or len(state.hello.models) > 1:
            figures.append((f"agreement {state.estimate.agreement:.0%}", False))
        if state.estimate.latency_ms is not None:
            figures.append((f"latency {state.estimate.latency_ms:.0f} ms", False))
    dropped = state.health.dropped_events if state.health is not None else 0
    figures += [(f"lost {state.lost_ms:.0f} ms", state.lost_ms > 0), (f"dropped {dropped}", dropped > 0)]
    # Losses stand last and must not be cut off.
    while len(figures) > 1 and sum(len(text) + 3 for text, _ in figures) - 3 > cells:
        del figures[0]
    gap = words("  ·  " if cells >= 72 else " · ", "dim")
    return gap.join(words(text, f"bold {WARNING}" if is_warning else "") for text, is_warning in figures)


def _utterances(state: DashboardState, rows: int) -> list[Text]:
    """The latest utterances, newest first, below a blank line."""
    if rows < 2 or not state.utterances:
        return []
    colours = label_colours(state.labels)
    lines = _blank(1)
    for utterance in state.utterances[: rows - 1]:
        label = utterance.label or UNSURE
        figure = f"{utterance.confidence:.0%}" if utterance.label else closest(utterance.p)
        line = words(f"{clock(utterance.t_start_ms)} – {clock(utterance.t_end_ms)}  ", "dim")
        line.append(padded(label, max(_name_cells(state), len(UNSURE))), style=colours.get(label, UNSURE_COLOUR))
        line.append(f"  {figure:<4}")
        voice = voice_words(utterance.voice)
        lines.append(line.append(f"  {voice}", style="dim") if voice else line)
    return lines


def _foot(state: DashboardState, cells: int, height: int, overlay: Overlay) -> list[Text]:
    """The last line: what is to be told, and the keys; on screens with room, all that a longer line says."""
    message, style = "", "dim"
    if overlay.answer:
        message, style = overlay.answer, "bold"
    elif state.error is not None:
        message, style = printable(state.error.message), f"bold {WARNING}"
    elif state.hello is not None and state.hello.notice:
        message, style = printable(state.hello.notice), "bold"
    elif state.hello is not None and state.hello.certainty is not None:
        message = cost(state.hello.certainty)
    keys = words("? help · q ends" if overlay.has_keys else "Ctrl-C ends", "dim")
    if height < ROOMY_ROWS or cell_len(message) + keys.cell_len + 2 <= cells:
        return [spread(words(message, style), keys, cells)]
    lines = wrapped(message, max(cells - keys.cell_len - 2, 1), style)[:FOOT_ROWS]
    return [*lines[:-1], spread(lines[-1], keys, cells)]


def _blank(count: int) -> list[Text]:
    return [Text() for _ in range(count)]
