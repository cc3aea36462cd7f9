"""What is known at the end of a step: what the models run on, and what a listener should see beside it."""

from dataclasses import dataclass

from emostream.features.windows import FeatureWindow


@dataclass(frozen=True, slots=True)
class Step:
    """Each model's window at the end of a step, the speech so far and the level.

    ``window_speech_samples`` are those within the window, ``speech_samples`` those since the segment began;
    ``speaking`` says whether somebody speaks at the step's end, ``level_dbfs`` is the RMS of the step.
    """

    end_sample: int
    windows: tuple[FeatureWindow, ...]
    window_speech_samples: int
    speech_samples: int
    speaking: bool
    level_dbfs: float
