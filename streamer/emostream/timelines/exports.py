"""One recording's events into files of several formats, all of which have their names once the recording is over."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, TextIO

from rich.console import Console

from emostream.audio import AudioBlock
from emostream.drafts import draft
from emostream.events import Event
from emostream.sinks import Sink
from emostream.sinks.filtered import FilteredSink
from emostream.sinks.jsonl import JsonlSink
from emostream.sinks.text import TextSink
from emostream.timelines.builder import TimelineBuilder
from emostream.timelines.pictures.page import MOST_AUDIO_BYTES
from emostream.timelines.registry import FORMATS, PAGE, write_timeline
from emostream.timelines.sound_collector import SoundCollector
from emostream.timelines.text_file import text_file
from emostream.timelines.timeline import Timeline

_TEXT_COLUMNS = 100


class Exports:
    """Takes a recording's events, its ``hello`` first; made by ``open_exports``."""

    def __init__(
        self,
        builder: TimelineBuilder,
        outputs: Sequence[JsonlSink | TextSink],
        sinks: Sequence[Sink],
        collector: SoundCollector | None = None,
    ) -> None:
        self._builder = builder
        self._collector = collector
        self._outputs = outputs
        self._sinks = sinks

    def emit(self, event: Event) -> None:
        """Take the next event. Raises ``OSError`` once a file takes no more."""
        self._builder.emit(event)
        for sink in self._sinks:
            sink.emit(event)
        self.require_written()

    def hear(self, block: AudioBlock) -> None:
        """Take the sound that events are of, where it is there; pictures show it."""
        if self._collector is not None:
            self._collector.push(block)

    def timeline(self) -> Timeline:
        """Of the events so far."""
        return self._builder.timeline()

    def picture(self) -> Timeline:
        """As ``timeline``, with what pictures show of the sound; for the end."""
        return self._collector.added_to(self.timeline()) if self._collector else self.timeline()

    def close(self) -> None:
        """Write what the end completes, as of an utterance that is still open. Raises ``OSError``."""
        for sink in self._sinks:
            sink.close()
        self.require_written()

    def require_written(self) -> None:
        """Raise the ``OSError`` of a file that took no more, if one did."""
        for output in self._outputs:
            if output.failure is not None:
                raise output.failure


@contextmanager
def open_exports(
    files: Mapping[str, BinaryIO],
    *,
    with_steps: bool = False,
    event_types: Collection[str] = (),
    for_terminal: bool = False,
    is_first: bool = True,
    for_picture: bool = False,
    with_audio: bool = False,
) -> Iterator[Exports]:
    """What writes a recording into ``files``, by format: ``text``, ``jsonl`` and those of the registry.

    All is written when the block ends. Steps are written where a format has a place for them; ``event_types``, if there
    are any, are all that ``jsonl`` gets beside the ``hello``; ``for_terminal`` gives ``text`` its colours;
    without ``is_first`` it will stand behind others in one file. ``for_picture`` keeps what a picture of the timeline
    needs, ``with_audio`` also the sound for pages that play it. Raises ``OSError``.
    """
    with ExitStack() as stack:
        outputs: list[JsonlSink | TextSink] = []
        sinks: list[Sink] = []
        if "jsonl" in files:
            outputs.append(jsonl := JsonlSink(files["jsonl"]))
            sinks.append(FilteredSink(jsonl, event_types) if event_types else jsonl)
        if "text" in files:
            console = _console(stack.enter_context(text_file(files["text"])), for_terminal)
            outputs.append(text := TextSink(console, with_steps=with_steps))
            sinks.append(text)
        formats = {name: FORMATS[name] for name in files if name in FORMATS}
        is_drawn = for_picture or any(form.is_picture for form in formats.values())
        keeps_steps = is_drawn or (with_steps and any(form.has_steps for form in formats.values()))
        plays = with_audio and PAGE in files
        collector = SoundCollector(MOST_AUDIO_BYTES if plays else 0) if is_drawn else None
        exports = Exports(TimelineBuilder(with_steps=keeps_steps), outputs, sinks, collector)
        yield exports
        exports.close()
        timeline = exports.picture()
        for name, form in formats.items():
            shown = timeline if with_steps or form.is_picture else replace(timeline, steps=None)
            write_timeline(name, shown, files[name], is_first=is_first)


@contextmanager
def export_files(
    paths: Mapping[str, Path],
    *,
    with_steps: bool = False,
    event_types: Collection[str] = (),
    for_picture: bool = False,
    with_audio: bool = False,
) -> Iterator[Exports]:
    """As ``open_exports``, into files that have their names when the block ends, and none of them when it fails."""
    with ExitStack() as stack:
        files = {name: stack.enter_context(draft(path)) for name, path in paths.items()}
        exports = open_exports(
            files, with_steps=with_steps, event_types=event_types, for_picture=for_picture, with_audio=with_audio
        )
        yield stack.enter_context(exports)


def _console(file: TextIO, for_terminal: bool) -> Console:
    if for_terminal:
        return Console(file=file, force_terminal=True)
    return Console(file=file, width=_TEXT_COLUMNS, color_system=None, force_terminal=False)
