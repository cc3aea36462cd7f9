"""What it costs to measure a voice: beside the whole live path, and beside openSMILE's eGeMAPS of the same utterances.

Both give pitch, its range, loudness, a rate and the spectral tilt; eGeMAPS gives 88 numbers in all.

Ours measures the utterances of the bundled recording, known beforehand, in steps of 250 ms, as live.
"""

from collections.abc import Callable

import opensmile

from bench.side_by_side import Comparison, compare
from emostream import assets
from emostream.audio import AudioBlock, Samples
from emostream.events import Event, Utterance
from emostream.pipeline.stream import EmotionStream
from emostream.voice.meter import VoiceMeter

RATE_HZ, STEP = 16_000, 4_000


def voice(samples: Samples, runs: int) -> list[Comparison]:
    """Cost of a second of audio, of which some two thirds are speech."""
    models, vad_model = assets.load_models(), assets.load_vad_model()

    def live() -> list[Event]:
        stream = EmotionStream(models, vad_model, RATE_HZ)
        steps = range(0, len(samples), STEP)
        events = [event for at in steps for event in stream.push(AudioBlock(samples[at : at + STEP], RATE_HZ, at))]
        return events + stream.flush()

    functionals = opensmile.FeatureLevel.Functionals
    smile = opensmile.Smile(feature_set=opensmile.FeatureSet.eGeMAPSv02, feature_level=functionals)
    spans = [(event.t_start_ms * 16, event.t_end_ms * 16) for event in live() if isinstance(event, Utterance)]
    ways: dict[str, Callable[[], object]] = {
        "ours: pitch, loudness, rate, tilt": lambda: _measure(samples, spans),
        "openSMILE eGeMAPS, each utterance": lambda: _egemaps(smile, samples, spans),
        "the live path, all included": live,
    }
    seconds = len(samples) / RATE_HZ
    return [compare("the voice", "second of audio", next(iter(ways)), ways, units=seconds, runs=runs)]


def _measure(samples: Samples, spans: list[tuple[int, int]]) -> None:
    meter, left = VoiceMeter(), list(spans)
    begun = False
    for at in range(0, len(samples), STEP):
        meter.push(samples[at : at + STEP])
        while left:
            start, end = left[0]
            if not begun and at + STEP > start:
                meter.start(start)
                begun = True
            if not begun or at + STEP <= end:
                break
            meter.end(end)
            left.pop(0)
            begun = False
        if begun:
            meter.advance(at + STEP)


def _egemaps(smile: opensmile.Smile, samples: Samples, spans: list[tuple[int, int]]) -> None:
    for start, end in spans:
        smile.process_signal(samples[start:end], RATE_HZ)
