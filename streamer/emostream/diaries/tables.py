"""The rows and words of a diary, the same in every format."""

from collections.abc import Iterator

from emostream.diaries.diary import Calm, Day, Diary
from emostream.sinks.drawing import duration

ABOUT = (
    "What a program took a voice to carry, for the use of the person whose voice it is. Such readings are often wrong, "
    "and one that goes on for hours is no diagnosis. In the European Union it must not be used to judge people at work "
    "or in education, and whoever else was heard must have been told."
)
LOUDNESS_NOTE = (
    "Loudness is the middle one of the utterances, in dB relative to full scale. It depends on the microphone and how "
    "far away it was, and says nothing of emotion by itself: loud is not angry."
)
NOTHING = ""


def title(diary: Diary) -> str:
    """Whose diary it is, where that is known."""
    return f"Diary of {_and(diary.speakers)}" if diary.speakers else "Diary"


def lead(diary: Diary) -> str:
    """All of it in a sentence."""
    days = f"{len(diary.days)} {'day' if len(diary.days) == 1 else 'days'}"
    return (
        f"{duration(diary.speech_s)} of speech in {duration(diary.listened_s)} of listening, on {days}; "
        f"read from {_and(diary.sources)}."
    )


def day_title(day: Day) -> str:
    """The date with its weekday; day and month in words, so that nobody reads one as the other."""
    return f"{day.date:%A}, {day.date.day} {day.date:%B %Y}"


def day_lead(day: Day) -> str:
    """A day in a sentence or two."""
    missing = ((day.paused_s, "paused"), (day.lost_s, "lost"))
    missed = [f"{duration(seconds)} {what}" for seconds, what in missing if seconds >= 1]
    listened = f"{duration(day.speech_s)} of speech in {duration(day.listened_s)} of listening"
    return ", ".join([listened, *missed]) + f". {_calm_words(day.calm)}"


def hour_table(diary: Diary, day: Day) -> tuple[list[str], list[list[str]]]:
    """Its header, and a row for each hour in which something was read."""
    header = ["hour", "listened", "speech", *diary.verdicts, "loudness"]
    rows = []
    for hour in day.hours:
        spoken = [duration(hour.speech_s[name]) if hour.speech_s.get(name) else NOTHING for name in diary.verdicts]
        listened, speech = duration(hour.listened_s), duration(sum(hour.speech_s.values()))
        rows.append([f"{hour.start:%H:%M}", listened, speech, *spoken, _decibels(hour.loudness_dbfs)])
    return header, rows


def manner_table(diary: Diary, day: Day) -> tuple[list[str], list[list[str]]]:
    """Its header, and a row for each verdict that was given on the day."""
    header = ["", "utterances", "speech", "share", "loudness", "pitch", "syllables a second", "arousal"]
    given = [(name, day.manners[name]) for name in diary.verdicts if name in day.manners]
    rows = [
        [
            name,
            f"{manner.utterances:,}",
            duration(manner.speech_s),
            f"{manner.speech_s / day.speech_s:.0%}" if day.speech_s else NOTHING,
            _decibels(manner.loudness_dbfs),
            _rounded(manner.pitch_hz, "{:.0f} Hz"),
            _rounded(manner.syllables_per_s, "{:.1f}"),
            _rounded(manner.arousal, "{:.2f}"),
        ]
        for name, manner in given
    ]
    return header, rows


def tables(diary: Diary, day: Day) -> Iterator[tuple[str, tuple[list[str], list[list[str]]]]]:
    """Each table of a day with its caption."""
    yield "By the hour", hour_table(diary, day)
    yield "How it was spoken", manner_table(diary, day)


def _calm_words(calm: Calm | None) -> str:
    if calm is None:
        return "No calm speech."
    length = duration((calm.end - calm.start).total_seconds())
    spoken = duration(calm.speech_s)
    return f"Longest calm: {length}, from {calm.start:%H:%M} to {calm.end:%H:%M}, {spoken} of it speech."


def _decibels(value: float | None) -> str:
    return _rounded(value, "{:.0f} dB").replace("-", "−")


def _rounded(value: float | None, form: str) -> str:
    return NOTHING if value is None else form.format(value)


def _and(names: tuple[str, ...]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
