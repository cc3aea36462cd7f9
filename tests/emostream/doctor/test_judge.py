"""Made-up microphones, each with several voices and noises: what is wrong is found, and nothing else."""

from collections.abc import Callable

import numpy as np
import pytest
import soxr

from emostream.audio import Samples
from emostream.doctor.finding import Finding, Verdict
from emostream.doctor.judge import judge
from emostream.doctor.recording import Recording
from emostream.inference.vad import VoiceActivityModel
from tests.support.microphones import (
    VOICES,
    below_4_khz,
    by_telephone,
    clipped,
    compressed,
    denoised,
    gain_controlled,
    gated,
    in_a_room,
    noise,
    recording_of,
    speech,
    with_dropouts,
    with_hum,
)

Microphone = Callable[[Samples, int], Recording]


@pytest.fixture(scope="module")
def voices() -> dict[str, Samples]:
    return {name: speech(name) for name in VOICES}


def mono(change: Callable[[Samples], Samples]) -> Microphone:
    return lambda voice, seed: recording_of(change(in_a_room(voice, seed)))


def quiet(voice: Samples, seed: int) -> Recording:
    faint = in_a_room(voice, seed) * 10 ** (-46 / 20)
    return recording_of(np.round(faint * 32_768) / 32_768)


def offset(heard: Samples) -> Samples:
    return heard + np.float32(0.04)


# What must be found, by check: a problem or a warning. Nothing else may be either, save what goes with it.
MICROPHONES: dict[str, tuple[Microphone, dict[str, Verdict], set[str]]] = {
    "good": (mono(lambda heard: heard), {}, set()),
    "good, two channels": (
        lambda voice, seed: recording_of(in_a_room(voice, seed), 0.7 * in_a_room(voice, seed + 10)),
        {},
        set(),
    ),
    "in a lively room": (lambda voice, seed: recording_of(in_a_room(voice, seed, dbfs=-48.0)), {}, {"noise"}),
    "clipped": (mono(clipped), {"clipping": Verdict.PROBLEM}, {"offset"}),
    "DC": (mono(offset), {"offset": Verdict.WARNING}, set()),
    "telephone": (mono(by_telephone), {"band": Verdict.WARNING}, {"noise", "noise suppression"}),
    "8 kHz": (mono(below_4_khz), {"band": Verdict.WARNING}, set()),
    "gain control": (mono(gain_controlled), {"gain control": Verdict.WARNING}, {"noise"}),
    "compander": (mono(compressed), {"gain control": Verdict.WARNING}, {"noise"}),
    "dropouts": (
        lambda voice, seed: recording_of(with_dropouts(in_a_room(voice, seed), seed)),
        {"dropouts": Verdict.PROBLEM},
        set(),
    ),
    "dead channel": (
        lambda voice, seed: recording_of(np.zeros_like(voice), in_a_room(voice, seed)),
        {"channels": Verdict.WARNING},
        set(),
    ),
    "inverted channel": (
        lambda voice, seed: recording_of(in_a_room(voice, seed), -in_a_room(voice, seed)),
        {"channels": Verdict.WARNING},
        set(),
    ),
    "hum of 50 Hz": (mono(lambda heard: with_hum(heard, 50.0)), {"hum": Verdict.WARNING}, {"noise"}),
    "hum of 60 Hz": (mono(lambda heard: with_hum(heard, 60.0)), {"hum": Verdict.WARNING}, {"noise"}),
    "too quiet": (quiet, {"level": Verdict.PROBLEM}, {"noise"}),
    "nothing but zeros": (
        lambda voice, _: recording_of(np.zeros_like(voice)),
        {"sound": Verdict.PROBLEM},
        set(),
    ),
    "denoised": (mono(denoised), {"noise suppression": Verdict.WARNING}, set()),
    "gated": (mono(gated), {"noise suppression": Verdict.WARNING}, set()),
    "wrong device": (
        lambda voice, seed: recording_of(noise(len(voice), -45.0, seed, pink=True)),
        {"speech": Verdict.PROBLEM},
        set(),
    ),
}


def alarms(findings: list[Finding]) -> dict[str, Verdict]:
    return {f.check: f.verdict for f in findings if f.verdict in (Verdict.WARNING, Verdict.PROBLEM)}


# Each by three of the voices, in turns, so that each voice meets most of them.
CASES = [
    (microphone, VOICES[(place + turn) % len(VOICES)])
    for place, microphone in enumerate(MICROPHONES)
    for turn in range(3)
]


@pytest.mark.parametrize(("microphone", "voice"), CASES)
def test_what_is_wrong_is_found_and_nothing_else(
    microphone: str, voice: str, voices: dict[str, Samples], vad_model: VoiceActivityModel
) -> None:
    make, expected, allowed = MICROPHONES[microphone]
    findings = judge(make(voices[voice], VOICES.index(voice)), vad_model)
    found = alarms(findings)
    assert expected.items() <= found.items(), findings
    assert found.keys() <= expected.keys() | allowed, findings
    for finding in findings:
        assert finding.found
        assert finding.advice or finding.verdict in (Verdict.OK, Verdict.UNKNOWN)


@pytest.mark.parametrize("times", [44_100, 48_000, 22_050])
def test_other_rates_give_the_same(times: int, voices: dict[str, Samples], vad_model: VoiceActivityModel) -> None:
    heard = soxr.resample(in_a_room(voices[VOICES[0]], 0), 16_000, times)
    assert alarms(judge(recording_of(heard, sample_rate_hz=times), vad_model)) == {}


def test_the_bundled_recording_is_well(recording: Samples, vad_model: VoiceActivityModel) -> None:
    findings = judge(recording_of(recording), vad_model)
    assert {finding.verdict for finding in findings} == {Verdict.OK}, findings


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.5])
def test_what_is_too_short_is_not_judged(seconds: float, vad_model: VoiceActivityModel) -> None:
    tone = np.sin(np.arange(round(seconds * 16_000)) / 10).astype(np.float32)
    found = alarms(judge(recording_of(tone), vad_model))
    assert found.keys() <= {"sound", "speech", "clipping"}
