"""``emostream report``: sessions and logs of live listening as a diary, by the day and the hour."""

import argparse
import sys
from pathlib import Path

from emostream.commands.settings import Settings
from emostream.commands.stderr import print_line
from emostream.diaries.builder import DiaryBuilder
from emostream.diaries.diary import Diary
from emostream.diaries.html import html
from emostream.diaries.markdown import markdown
from emostream.drafts import draft, unwritable_is_one_line
from emostream.errors import NO_INPUT, NoInputError, UsageError
from emostream.timelines.event_log import log_recordings

WRITERS = {"markdown": markdown, "html": html}
_FORMATS = {".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html"}


def add_arguments(parser: argparse.ArgumentParser, _settings: Settings) -> None:
    """The command's options."""
    parser.add_argument(
        "sessions",
        nargs="+",
        type=Path,
        metavar="SESSION",
        help="a recorded session, or a log of a live stream as --log writes it",
    )
    parser.add_argument("--format", choices=tuple(WRITERS), help="default: by the name of --out, else markdown")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it there, and not to standard output")


def run(arguments: argparse.Namespace) -> int:
    """Write the diary of all sessions; what cannot be read gives a line on stderr and the exit code 66."""
    write = WRITERS[_format(arguments)]
    diary, errors = _read(list(dict.fromkeys(arguments.sessions)))
    for error in errors:
        print_line(error)
    if diary.days:
        text = write(diary)
        if arguments.out is None:
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            with unwritable_is_one_line(), draft(arguments.out) as file:
                file.write(text.encode("utf-8"))
    return NO_INPUT if errors else 0


def _format(arguments: argparse.Namespace) -> str:
    if arguments.format:
        return str(arguments.format)
    if arguments.out is None:
        return "markdown"
    try:
        return _FORMATS[arguments.out.suffix.lower()]
    except KeyError:
        raise UsageError(
            f"{arguments.out} ends with no format's suffix: expected one of {', '.join(_FORMATS)}, or --format"
        ) from None


def _read(paths: list[Path]) -> tuple[Diary, list[NoInputError]]:
    """The diary of all that can be read, and what is wrong with the rest."""
    builder = DiaryBuilder()
    errors: list[NoInputError] = []
    for path in paths:
        untimed = builder.untimed
        try:
            for found in log_recordings(path):
                if isinstance(found, NoInputError):
                    errors.append(found)
                else:
                    number, event = found
                    builder.push(event, (path, number))
        except NoInputError as error:
            errors.append(error)
        if left_out := builder.untimed - untimed:
            errors.append(
                NoInputError(
                    f"{path}: {left_out} events say no time of day and were left out: expected the session or the "
                    "log of a microphone; 'emostream timeline' shows those of recordings"
                )
            )
    return builder.diary(), errors
