"""What a recorded session takes, what rounding its rows changes, and what of the speech can be got back from it.

    python -m bench.sessions hour --corpora DIR [--minutes 60]
    python -m bench.sessions microphone --corpora DIR [--minutes 60]
    python -m bench.sessions privacy --corpora DIR [--speech DIR]

``hour`` records corpora's clips in a quiet room's noise, with hardly a pause and with the pauses of a day, as each kind
of session at once, reads the events again, and has the same models judge the rows. ``microphone`` has the commands
record a virtual microphone in real time, replay that and compare models on it. ``privacy`` makes speech of rows
(librosa's ``mel_to_audio``) of the recordings in ``--speech``, and says how intelligible it is: STOI, and the share of
a recogniser's words that are found again. It has linear classifiers tell EmoDB's sentences and speakers from what
sessions hold, each of people and of sentences that the classifier never heard. Needs the extras train and bench.
"""

import argparse
from pathlib import Path

from bench.sessions.guesses import measure_guesses
from bench.sessions.hour import measure_hour
from bench.sessions.inversion import measure_inversion
from bench.sessions.microphone import measure_microphone
from bench.sessions.rounding import measure_rounding
from bench.sessions.spoken import DAY, DENSE
from emostream import assets


def main() -> None:
    """Measure one of the three, and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("hour", "microphone", "privacy"))
    parser.add_argument("--corpora", type=Path, required=True, help="the folder with clips.tsv")
    parser.add_argument("--speech", type=Path, help="a folder of recordings of sentences in English")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--recordings", type=int, default=20)
    arguments = parser.parse_args()
    factory = assets.load_stream_factory()
    if arguments.part == "hour":
        for name, pauses_s in (("hardly a pause", DENSE), ("pauses of a day", DAY)):
            measure_hour(name, factory, arguments.corpora, arguments.minutes, pauses_s)
        measure_rounding(factory, arguments.corpora)
    elif arguments.part == "microphone":
        measure_microphone(arguments.corpora, arguments.minutes)
    else:
        if arguments.speech:
            measure_inversion(factory, sorted(arguments.speech.glob("*.ogg"))[:: 351 // arguments.recordings])
        measure_guesses(factory, arguments.corpora)


if __name__ == "__main__":
    main()
