"""The commands by name, and every setting that they have between them."""

import argparse
import importlib
from collections.abc import Iterator

from emostream.commands.settings import Setting, Settings

# name: (module, what it does, the extra it needs)
COMMANDS = {
    "listen": ("emostream.commands.listen", "read the emotion in the voice at the microphone, live", None),
    "serve": ("emostream.commands.serve", "read the audio that browsers and programs send, and serve the labels", None),
    "service": ("emostream.commands.service.command", "have the system start it, and keep it running", None),
    "file": ("emostream.commands.file", "read the emotion in recordings: a timeline and a verdict for each", None),
    "record": (
        "emostream.commands.record",
        "record a session without sound: what is said of a voice",
        None,
    ),
    "replay": ("emostream.commands.replay", "replay a recorded session, to all that live events go to", None),
    "report": ("emostream.commands.report", "write a diary of sessions: speech by emotion, day and hour", None),
    "compare": ("emostream_trainer.commands.compare", "judge a recorded session by two models, side by side", None),
    "timeline": ("emostream.commands.timeline", "turn a log of events into tables, subtitles and annotations", None),
    "archive": (
        "emostream.commands.archive.command",
        "read thousands of hours into Parquet, on this machine or a cluster",
        "archive",
    ),
    "enrol": (
        "emostream.commands.enrol.command",
        "learn how somebody speaks, so that their own voice is not taken for a mood",
        None,
    ),
    "devices": ("emostream.commands.devices", "list the microphones", None),
    "doctor": (
        "emostream.commands.doctor.command",
        "look at the microphone, the machine and the settings, and say what to do",
        None,
    ),
    "completion": ("emostream.commands.completion", "print the completion script for a shell", None),
    "config": ("emostream.commands.config", "show every setting, its value and where that comes from", None),
    "mqtt": ("emostream.commands.mqtt", "see whether an MQTT broker takes us, or remove a device from it", None),
    "models": ("emostream.commands.models", "show the cards of the models", None),
    "corpora": (
        "emostream_trainer.commands.corpora",
        "say what a folder of recordings holds, and what cannot be used",
        None,
    ),
    "pictures": (
        "emostream_trainer.commands.pictures",
        "draw a corpus's mel spectrograms as the report of 2024 did",
        "train",
    ),
    "train": ("emostream_trainer.commands.train", "train a network on speakers of your own corpora", "train"),
    "export": ("emostream_export.commands.export", "turn a trained network into an ONNX file with its card", "train"),
    "personal": (
        "emostream_export.commands.personal",
        "learn a model of one voice from its own recordings alone",
        "train",
    ),
    "bench": ("emostream.commands.bench", "measure what reading a voice costs on this machine", None),
    "parity": ("emostream_export.commands.parity", "compare all ways to the same numbers, on any clip", None),
    "evaluate": ("emostream_trainer.commands.evaluate", "score networks on speakers that they never heard", "train"),
}


def every_setting(settings: Settings) -> Iterator[tuple[str, Setting]]:
    """The settings of each command, with the command's name. A wrong value is left at its default."""
    for command, of_command in settings_by_command(settings):
        for setting in of_command.offered.values():
            yield command, setting


def settings_by_command(settings: Settings) -> Iterator[tuple[str, Settings]]:
    """Each command's name and its settings, with what is wrong in them."""
    for command, (path, _, _) in COMMANDS.items():
        of_command = settings.anew()
        importlib.import_module(path).add_arguments(argparse.ArgumentParser(add_help=False), of_command)
        yield command, of_command
