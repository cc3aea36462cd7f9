"""The public API: ``emostream.read``, ``emostream.listen`` and ``emostream.open_stream``.

All three build their streams as the commands do: the same models, weights and decisions, so that the same audio gives
the same events.
"""

import io
import operator
import os
import warnings
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from numbers import Real
from pathlib import Path

import numpy as np

from emostream import assets
from emostream.audio import AudioBlock
from emostream.daemon import Daemon
from emostream.errors import UsageError
from emostream.events import Estimate, Event, Summary, Utterance
from emostream.inference.profile import SpeakerProfile
from emostream.pcm import AudioArray, mono_samples
from emostream.pipeline.factory import StreamFactory
from emostream.pipeline.stream import EmotionStream
from emostream.profiles import Speakers
from emostream.sinks.wording import verdict
from emostream.sources import HIGHEST_RATE_HZ, LOWEST_RATE_HZ
from emostream.sources.file import FileSource
from emostream.timelines.builder import TimelineBuilder
from emostream.timelines.timeline import Timeline

AnyPath = str | os.PathLike[str]
# Long blocks let the networks run on many windows at once.
BLOCK_S = 5.0
TEXT_COLUMNS = 100


@dataclass(frozen=True, repr=False)
class Reading:
    """What was read from a whole recording: ``events`` in order, from its hello to its summary.

    ``trouble`` is None, or one line about sound that the file promises and does not hold. ``str()`` is the timeline and
    the result, as ``emostream file`` prints them.
    """

    events: tuple[Event, ...]
    trouble: str | None = None

    @property
    def summary(self) -> Summary:
        """The whole recording: probabilities by label, the label, seconds, and each label's share of speaking time."""
        summary = self.events[-1]
        assert isinstance(summary, Summary)
        return summary

    @property
    def label(self) -> str | None:
        """The label of the whole recording; None where no label is probable enough, or nobody speaks."""
        return self.summary.label

    @property
    def confidence(self) -> float:
        """The probability of the most probable label, 0 to 1; 0 where nobody speaks."""
        return self.summary.confidence

    @property
    def estimates(self) -> list[Estimate]:
        """One for each step of 250 ms."""
        return [event for event in self.events if isinstance(event, Estimate)]

    @property
    def utterances(self) -> list[Utterance]:
        """One for each stretch of speech."""
        return [event for event in self.events if isinstance(event, Utterance)]

    @property
    def timeline(self) -> Timeline:
        """Utterances, gaps, silence and steps on one axis of time."""
        builder = TimelineBuilder(with_steps=True)
        for event in self.events:
            builder.emit(event)
        return builder.timeline()

    def write(self, path: AnyPath, *, steps: bool = False) -> None:
        """Write the timeline to a file, in the format of ``emostream file`` that its name ends with, such as ``.srt``.

        ``steps`` is as ``--steps``. The file is there once it is whole. Raises ``UsageError`` for a name without a
        format, and ``OSError``.
        """
        from emostream.timelines.exports import export_files
        from emostream.timelines.registry import format_of

        with export_files({format_of(Path(path)): Path(path)}, with_steps=steps) as exports:
            for event in self.events:
                exports.emit(event)

    def __str__(self) -> str:
        from rich.console import Console

        from emostream.sinks.text import TextSink

        text = io.StringIO()
        sink = TextSink(Console(file=text, width=TEXT_COLUMNS, color_system=None, force_terminal=False))
        for event in self.events:
            sink.emit(event)
        return text.getvalue().rstrip("\n") + (f"\n  {self.trouble}" if self.trouble else "")

    def __repr__(self) -> str:
        summary = self.summary
        said = verdict(summary.label, summary.p)
        return f"<Reading of {summary.source}: {said}, {summary.speech_seconds:.1f} s of speech>"


class Stream:
    """Audio of your own in pieces, events out as soon as they are certain; made by ``emostream.open_stream``."""

    def __init__(self, stream: EmotionStream, sample_rate_hz: int) -> None:
        self._stream = stream
        self._sample_rate_hz = sample_rate_hz
        self._next_sample = 0
        self._opened = False

    def push(self, samples: AudioArray) -> list[Event]:
        """Take the next samples, give the events they complete; the first push gives the stream's hello too.

        ``samples`` is float32 in [-1, 1] or int16, of shape (n,) or (n, channels), which are mixed by their mean.
        Raises ``TypeError`` and ``ValueError`` for anything else.
        """
        block = AudioBlock(mono_samples(samples), self._sample_rate_hz, self._next_sample)
        self._next_sample += len(block.samples)
        return self._hello() + self._stream.push(block)

    def lost(self, samples: int) -> list[Event]:
        """So many samples were lost here: the clock moves on over them, and no window spans them."""
        samples = operator.index(samples)
        if samples < 1:
            raise ValueError(f"got {samples} lost samples, expected 1 or more")
        self._next_sample += samples
        block = AudioBlock(np.zeros(0, np.float32), self._sample_rate_hz, self._next_sample, samples)
        return self._hello() + self._stream.push(block)

    def flush(self) -> list[Event]:
        """The audio ended: the last, shorter step and the end of the utterance."""
        return self._hello() + self._stream.flush()

    def summary(self) -> Summary:
        """The result over all audio so far; call ``flush`` before."""
        return self._stream.summary()

    def reset(self) -> None:
        """Forget all audio: what follows is as from a new stream."""
        self._stream.reset()
        self._next_sample, self._opened = 0, False

    def _hello(self) -> list[Event]:
        if self._opened:
            return []
        self._opened = True
        return [self._stream.hello()]


def read(
    audio: AnyPath | AudioArray,
    sample_rate_hz: int | None = None,
    *,
    speaker: str | None = None,
    be_right: float | None = None,
    drift: bool = True,
    models: AnyPath | Sequence[AnyPath] | None = None,
    reliability: AnyPath | None = None,
) -> Reading:
    """Read a whole recording.

    ``audio`` is a sound file, or an array as ``Stream.push`` takes it, which needs its ``sample_rate_hz``. ``speaker``
    is a name that ``emostream enrol`` knows, ``be_right`` the share of labels that should be right (above 0.25, below
    1), ``drift`` whether to adapt to the voice as it goes on. ``models`` is an ONNX file or several, in place of the
    shipped ones, and ``reliability`` the file with their figures, which ``be_right`` needs. Warns where a file holds
    less sound than it promises.

    Raises an ``EmostreamError`` whose text is one line for people, and ``TypeError`` or ``ValueError`` for an array
    that is no audio.

    >>> reading = read(assets.DEMO_RECORDING)
    >>> len(reading.utterances), reading.utterances[3].label, reading.summary.seconds
    (8, 'sad', 35.16)
    """
    factory = _factory(speaker, be_right, drift, models, reliability)
    if isinstance(audio, str | os.PathLike):
        if sample_rate_hz is not None:
            raise UsageError(f"{os.fspath(audio)} says its own rate: expected sample_rate_hz for arrays alone")
        with closing(FileSource(Path(audio), block_s=BLOCK_S)) as source:
            stream = factory.stream(source.sample_rate_hz, stream=source.name, source=source.name)
            events = tuple(stream.read(source.blocks()))
        if source.trouble:
            warnings.warn(source.trouble, stacklevel=2)
        return Reading(events, source.trouble)
    samples = mono_samples(audio)
    rate_hz = _checked_rate(sample_rate_hz)
    stream = factory.stream(rate_hz, stream="array", source=f"an array of {len(samples) / rate_hz:.1f} s")
    size = round(BLOCK_S * rate_hz)
    blocks = (AudioBlock(samples[start : start + size], rate_hz, start) for start in range(0, len(samples), size))
    return Reading(tuple(stream.read(blocks)))


def listen(
    device: str | int | None = None,
    *,
    speaker: str | None = None,
    be_right: float | None = None,
    drift: bool = True,
    models: AnyPath | Sequence[AnyPath] | None = None,
    reliability: AnyPath | None = None,
) -> Generator[Event, None, None]:
    """Read a microphone live: its events as they come, with the time of day, latency, and health every two seconds.

    ``device`` is an index or a part of a name, None the default; the rest is as with ``read``. The microphone is opened
    at the first event and closed with the generator, also where a loop over it is left. Audio waits for a slow loop for
    two seconds; more than that is lost, and a ``Gap`` says so. Raises ``UnavailableError`` where there is no such
    microphone.
    """
    from emostream.sources.microphone import MicrophoneSource

    factory = _factory(speaker, be_right, drift, models, reliability)
    source = MicrophoneSource(device)
    stream = factory.stream(source.sample_rate_hz, stream="live", source=source.name)

    def events() -> Generator[Event, None, None]:
        try:
            yield from Daemon(source, stream, []).events()
        finally:
            source.close()

    return events()


def open_stream(
    sample_rate_hz: int,
    *,
    speaker: str | None = None,
    be_right: float | None = None,
    drift: bool = True,
    models: AnyPath | Sequence[AnyPath] | None = None,
    reliability: AnyPath | None = None,
) -> Stream:
    """A stream for audio of your own at any rate from 1 to 768 kHz; the rest is as with ``read``.

    >>> stream = open_stream(sample_rate_hz=48_000)
    >>> [type(event).__name__ for event in stream.push(np.zeros((48_000, 2), np.int16))]
    ['Hello', 'Estimate', 'Estimate', 'Estimate']
    """
    factory = _factory(speaker, be_right, drift, models, reliability)
    rate_hz = _checked_rate(sample_rate_hz)
    return Stream(factory.stream(rate_hz, stream="audio", source="a program"), rate_hz)


def _checked_rate(sample_rate_hz: int | None) -> int:
    if sample_rate_hz is None:
        raise TypeError("an array needs its sample_rate_hz, such as 16000")
    if not isinstance(sample_rate_hz, Real):
        raise TypeError(f"got {sample_rate_hz!r} for sample_rate_hz, expected a number such as 16000")
    # The range first: NaN and infinity lie outside, and have no whole number.
    if not LOWEST_RATE_HZ <= sample_rate_hz <= HIGHEST_RATE_HZ or int(sample_rate_hz) != sample_rate_hz:
        raise ValueError(f"got {sample_rate_hz} Hz, expected a whole number from {LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ}")
    return int(sample_rate_hz)


def _factory(
    speaker: str | None,
    be_right: float | None,
    drift: bool,
    models: AnyPath | Sequence[AnyPath] | None,
    reliability: AnyPath | None,
) -> StreamFactory:
    profile = Speakers().load(speaker) if speaker else None
    paths = [models] if isinstance(models, str | os.PathLike) else models
    versions = None if paths is None else tuple(_FileVersion.of(path) for path in paths)
    figures = _FileVersion.of(reliability) if reliability else None
    return _cached_factory(versions, figures, profile, be_right, drift)


@dataclass(frozen=True)
class _FileVersion:
    """A file as it is now, so that a cache does not give what stood in it before."""

    path: Path
    changed_ns: int

    @classmethod
    def of(cls, path: AnyPath) -> "_FileVersion":
        try:
            return cls(Path(path), Path(path).stat().st_mtime_ns)
        except OSError:  # whoever opens it says what is wrong
            return cls(Path(path), 0)


# Models take far longer to load than a second of audio takes to read.
@lru_cache(maxsize=4)
def _cached_factory(
    models: tuple[_FileVersion, ...] | None,
    reliability: _FileVersion | None,
    profile: SpeakerProfile | None,
    be_right: float | None,
    drift: bool,
) -> StreamFactory:
    return assets.load_stream_factory(
        None if models is None else [version.path for version in models],
        reliability=reliability.path if reliability else None,
        profile=profile,
        be_right=be_right,
        drift=drift,
    )
