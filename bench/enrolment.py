"""What enrolment by moods gives a person whom the models never heard, through a microphone and the commands.

    python -m bench.enrolment --corpora DIR --run RUN --run RUN [--speakers NAME …] [--clips 20]

A virtual microphone plays an actor's clips to ``emostream enrol NAME --moods``, each mood when it is asked for; then
more of the actor's clips, as many of each label, to two ``emostream listen`` at once: one with the profile and one
without. The models are those of the fold that has the actor on its other side (``RUN/fold0/model.onnx``, exported). A
clip is right if the mean of its utterances' probabilities, by their lengths, is highest at its label. A JSON line an
actor, and one for all. In real time, four minutes an actor. Linux, with pulseaudio.
"""

import argparse
import os
import re
import subprocess
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.day import print_line
from emostream.events import Utterance, decode
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import FOUR
from emostream_trainer.corpora.registry import read_corpus
from emostream_trainer.data.feature_cache import read_audio
from emostream_trainer.data.splits import folds
from emostream_trainer.metrics import uar
from tests.support.processes import COMMAND
from tests.support.virtual_microphone import VirtualMicrophone

RATE_HZ = 16_000
ASKED = re.compile(r"^(\d) of \d, ")
SPEAKERS = ("ravdess-03", "ravdess-08", "ravdess-15", "emodb-08", "emodb-14", "nemo-IC0", "nemo-KS0")
PAUSE_S = 2.0  # behind a clip; an utterance ends within one
START_S = 6.0
TO_ENROL = 4  # clips of each label that are left to enrol with
NOISE_PEAK = 8  # of 32,768
END_S = 30.0


def main() -> None:
    """Print a line an actor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--run", type=Path, action="append", required=True, dest="runs")
    parser.add_argument("--speakers", nargs="+", default=SPEAKERS)
    parser.add_argument("--clips", type=int, default=20, help="of each actor, to be judged by")
    arguments = parser.parse_args()
    splits = folds(FOUR.keep(read_corpus(arguments.corpora).clips))
    truth: list[int] = []

    heard: defaultdict[str, list[int]] = defaultdict(list)
    for speaker in arguments.speakers:
        number, clips = next(
            (number, [clip for clip in split.test if clip.speaker == speaker])
            for number, split in enumerate(splits)
            if any(clip.speaker == speaker for clip in split.test)
        )
        models = [word for run in arguments.runs for word in ("--model", str(run / f"fold{number}" / "model.onnx"))]
        by_label = [[clip for clip in clips if FOUR.index(clip.emotion) == label] for label in range(len(FOUR.labels))]
        each = min(arguments.clips // len(by_label), min(map(len, by_label)) - TO_ENROL)
        judged = [clip for row in zip(*(of_one[-each:] for of_one in by_label), strict=False) for clip in row]
        enrolled = [[clip for clip in of_one if clip not in judged] for of_one in by_label]
        with tempfile.TemporaryDirectory() as folder, VirtualMicrophone(RATE_HZ) as microphone:
            env = os.environ | microphone.env | {"XDG_DATA_HOME": folder}
            asked = enrol(enrolled, models, microphone, env)
            labels = listen(judged, models, microphone, env)
        right = [FOUR.index(clip.emotion) or 0 for clip in judged]
        truth += right
        for name, found in labels.items():
            heard[name] += found
        print_line(speaker=speaker, fold=number, clips=len(judged), played_to_enrol=asked, uar=scores(right, labels))
    print_line(speakers=len(arguments.speakers), uar=scores(truth, heard))


def enrol(
    by_label: Sequence[Sequence[Clip]], models: Sequence[str], microphone: VirtualMicrophone, env: Mapping[str, str]
) -> int:
    """Say a mood's clips, one after the other, until another mood is asked for; gives how many were said."""
    process = subprocess.Popen([*COMMAND, "enrol", "actor", "--moods", *models], env=env, stderr=subprocess.PIPE)
    order = sorted(range(len(FOUR.labels)), key=lambda label: FOUR.labels[label] != "neutral")
    place = -1

    def follow() -> None:
        nonlocal place
        assert process.stderr is not None
        for line in process.stderr:
            if asked := ASKED.match(line.decode()):
                place = int(asked[1]) - 1

    reader = threading.Thread(target=follow)
    reader.start()
    said = [0] * len(order)
    while process.poll() is None:
        if place < 0:
            time.sleep(0.1)
            continue
        clips = by_label[order[place]]
        if said[place] == len(clips):
            process.terminate()
            raise SystemExit(f"{FOUR.labels[order[place]]}: {len(clips)} clips were not enough to enrol with")
        said[place] += 1
        play(clips[said[place] - 1], microphone)
    reader.join()
    if process.returncode:
        raise SystemExit(f"enrol ended with {process.returncode}")
    return sum(said)


def listen(
    clips: Sequence[Clip], models: Sequence[str], microphone: VirtualMicrophone, env: Mapping[str, str]
) -> dict[str, list[int]]:
    """The index of each clip's label, by the listener that knows the voice and the one that does not."""
    utterances: dict[str, list[Utterance]] = {"nobody known": [], "enrolled": []}
    with ExitStack() as stack:
        for name, more in (("nobody known", ()), ("enrolled", ("--speaker", "actor"))):
            process = subprocess.Popen(
                [*COMMAND, "listen", "--format", "jsonl", "--events", "utterance", *models, *more],
                env=env,
                stdout=subprocess.PIPE,
            )
            reader = threading.Thread(target=_collect, args=(process, utterances[name]))
            reader.start()
            stack.callback(reader.join, END_S)
            stack.callback(process.terminate)
        time.sleep(START_S)
        labels: dict[str, list[int]] = {name: [] for name in utterances}
        for clip in clips:
            before = {name: len(found) for name, found in utterances.items()}
            play(clip, microphone)
            for name, found in utterances.items():
                labels[name].append(_label(found[before[name] :]))
    return labels


def play(clip: Clip, microphone: VirtualMicrophone) -> None:
    """Say it, and be silent for a while; returns when that is over."""
    samples: NDArray[np.float32] = read_audio(clip.path, RATE_HZ)
    sound = np.concatenate([samples, np.zeros(round(PAUSE_S * RATE_HZ), np.float32)])
    noise = np.random.default_rng(0).integers(-NOISE_PEAK, NOISE_PEAK, len(sound), dtype=np.int16)
    microphone.play((32_000 * np.clip(sound, -1, 1)).astype(np.int16) + noise)
    time.sleep(len(sound) / RATE_HZ)


def scores(truth: Sequence[int], heard: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """The UAR of each listener."""
    return {name: round(uar(np.array(truth), np.array(found)), 3) for name, found in heard.items()}


def _collect(process: "subprocess.Popen[bytes]", found: list[Utterance]) -> None:
    assert process.stdout is not None
    # One by one, as they come.
    found.extend(event for line in process.stdout if isinstance(event := decode(line), Utterance) and event.p)


def _label(utterances: Sequence[Utterance]) -> int:
    """The index of the likeliest label; -1 where nobody was heard."""
    if not utterances:
        return -1
    lengths = [utterance.t_end_ms - utterance.t_start_ms for utterance in utterances]
    p = np.array([[utterance.p[label] for label in FOUR.labels] for utterance in utterances])
    return int(np.argmax(np.average(p, axis=0, weights=lengths)))


if __name__ == "__main__":
    main()
