"""Enrolments by moods that go wrong: somebody else's, too little, in noise, of nothing. They may do little harm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from emostream.audio import AudioBlock, Samples
from emostream.inference.vad import SAMPLE_RATE_HZ
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.evaluation.enrolment import Enrolment, wrong_enrolments
from emostream_trainer.evaluation.noise import BABBLE, noise_for

NOISY_SNR_DB = 0.0


@dataclass(frozen=True)
class Silence:
    """A microphone that hears nothing, as a ``Disturbance``."""

    def apply(self, audio: Samples) -> AudioBlock:
        """Zeros of the length of ``audio``, at 16 kHz."""
        return AudioBlock(np.zeros_like(audio), SAMPLE_RATE_HZ, 0)


def enrolments_gone_wrong(own: Mapping[str, Enrolment], clips: Sequence[Clip]) -> dict[str, dict[str, Enrolment]]:
    """What goes wrong, by its name, and the speakers' enrolments then; ``own`` are theirs, of files among ``clips``.

    A speaker who is alone in a corpus, or to whom nobody else can be heard, is left out of what needs another.
    """
    return {
        "another speaker's": _of_another_speaker(own, clips),
        "one mood alone": _of_one_mood(own),
        f"behind babble, {NOISY_SNR_DB:g} dB": _in_noise(own, clips),
        "silence": {
            speaker: replace(each, disturbances=(Silence(),) * len(each.clips)) for speaker, each in own.items()
        },
    }


def _of_another_speaker(own: Mapping[str, Enrolment], clips: Sequence[Clip]) -> dict[str, Enrolment]:
    wrong = wrong_enrolments(clips, {clip.path: own[clip.speaker] for clip in clips if clip.speaker in own})
    return {clip.speaker: wrong[clip.path] for clip in clips if clip.path in wrong}


def _of_one_mood(own: Mapping[str, Enrolment]) -> dict[str, Enrolment]:
    """Each speaker's enrolment with the clips of one mood, the moods in turn."""
    found = {}
    for turn, (speaker, each) in enumerate(sorted(own.items())):
        moods = list(dict.fromkeys(each.moods))
        kept = [
            (clip, mood) for clip, mood in zip(each.clips, each.moods, strict=True) if mood == moods[turn % len(moods)]
        ]
        found[speaker] = replace(each, clips=tuple(clip for clip, _ in kept), moods=tuple(mood for _, mood in kept))
    return found


def _in_noise(own: Mapping[str, Enrolment], clips: Sequence[Clip]) -> dict[str, Enrolment]:
    by_path = {clip.path: clip for clip in clips}
    found = {}
    for speaker, each in own.items():
        others = [clip for clip in clips if clip.speaker != speaker]
        if others:
            noises = tuple(noise_for(by_path[path], others, BABBLE, NOISY_SNR_DB) for path in each.clips)
            found[speaker] = replace(each, disturbances=noises)
    return found
