"""``emostream doctor``: looks at the machine, the settings and the microphone, and says what to do."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import emostream
from emostream import assets
from emostream.commands.doctor.machine import check_machine
from emostream.commands.doctor.microphone import check_microphone
from emostream.commands.doctor.report import Part, print_report
from emostream.commands.doctor.service import check_service
from emostream.commands.options.rules import refuse_with
from emostream.commands.settings import Settings
from emostream.commands.stderr import c_library_messages_hidden, print_line
from emostream.doctor.finding import Finding, Verdict, problem
from emostream.doctor.judge import judge
from emostream.doctor.recording import Recording
from emostream.errors import ModelError, NoInputError, UsageError
from emostream.sources.decoding import open_sound
from emostream.sources.opening import STDIN
from emostream.sources.spooling import STDIN_NAME, file_of_stdin

FAILED = 1
RECORDING_S = 10.0
LEAST_S, MOST_S = 5.0, 60.0


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    parser.add_argument(
        "recordings",
        nargs="*",
        type=Path,
        metavar="RECORDING",
        help="judge these sound files (the first minute of each), or - for one on stdin, instead of the microphone",
    )
    settings.add_option(parser, "--device", help="the microphone to judge: its index or a part of its name")
    parser.add_argument(
        "--seconds", type=float, default=RECORDING_S, help="how long to record, 5 to 60 (default: %(default)g)"
    )
    parser.add_argument("--keep", type=Path, metavar="FILE", help="keep the recording as this WAV file (default: no)")
    parser.add_argument("--no-microphone", action="store_true", help="record nothing, look at all else")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.set_defaults(settings=settings)


def run(arguments: argparse.Namespace) -> int:
    """Print what was found; 1 where there is a problem, 66 for a recording that cannot be read."""
    _require_sense(arguments)
    code = 0
    with c_library_messages_hidden():
        if arguments.recordings:
            parts = []
            for path in arguments.recordings:
                try:
                    parts.append(Part(STDIN_NAME if str(path) == STDIN else str(path), _judge_file(path)))
                except NoInputError as error:
                    print_line(error)
                    code = error.exit_code
        else:
            parts = [Part("this computer", check_machine()), Part("settings", check_service(arguments.settings))]
            name, findings = check_microphone(arguments, records=not arguments.no_microphone)
            parts.append(Part(name, findings))
    verdicts = [finding.verdict for part in parts for finding in part.findings]
    problems, warnings = (verdicts.count(verdict) for verdict in (Verdict.PROBLEM, Verdict.WARNING))
    if arguments.json:
        counts = {"version": emostream.__version__, "problems": problems, "warnings": warnings}
        print(json.dumps(counts | {"parts": [asdict(part) for part in parts]}, indent=2))
    else:
        print_report(parts)
    return code or (FAILED if problems else 0)


def _require_sense(arguments: argparse.Namespace) -> None:
    if not LEAST_S <= arguments.seconds <= MOST_S:
        raise UsageError(f"found {arguments.seconds:g} for --seconds, expected {LEAST_S:g} to {MOST_S:g}")
    if arguments.recordings:
        refuse_with(arguments, ("device", "no_microphone"), "recordings")
    records_nothing = "recordings" if arguments.recordings else "--no-microphone" if arguments.no_microphone else None
    if arguments.keep and records_nothing:
        raise UsageError(f"found --keep with {records_nothing}: expected it where the microphone is recorded")
    if records_nothing:
        refuse_with(arguments, ["seconds"], records_nothing)


def _judge_file(path: Path) -> list[Finding]:
    """The findings for one file; raises ``NoInputError``."""
    if str(path) == STDIN:
        with file_of_stdin() as spooled:
            return _judged(_read(spooled, STDIN_NAME))
    return _judged(_read(path, str(path)))


def _judged(recording: Recording) -> list[Finding]:
    try:
        return judge(recording, assets.load_vad_model())
    except ModelError as error:
        return [problem("speech", str(error), "install emostream again")]


def _read(path: Path, name: str) -> Recording:
    with open_sound(path, name) as sound:
        frames = sound.read(round(MOST_S * sound.samplerate))
        return Recording(frames, sound.samplerate, name)
