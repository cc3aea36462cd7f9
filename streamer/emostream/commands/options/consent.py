"""The options of commands that read this machine's microphone: when it is not read, and what people are told."""

import argparse
import signal
from dataclasses import dataclass

from emostream.commands.settings import Settings
from emostream.pause import PauseSwitch
from emostream.quiet_hours import QuietHours, QuietSchedule


@dataclass(frozen=True)
class Consent:
    """What pauses the source of a command: ``switch``, which ``schedule`` follows the time of day with."""

    switch: PauseSwitch
    schedule: QuietSchedule


def add_consent_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """Quiet hours, and a notice for the people who are read."""
    settings.add_option(
        parser,
        "--quiet",
        kind=QuietHours.parse,
        metavar="FROM-TO",
        help="times of day, in local time, at which the microphone is closed: 22:00-07:00, or several with commas",
    )
    settings.add_option(
        parser, "--notice", metavar="TEXT", help="what the dashboard and the page tell the people who are read"
    )


def open_consent(arguments: argparse.Namespace) -> Consent:
    """The switch that the options ask for, as the time of day wants it now; SIGUSR1 toggles a person's pause."""
    switch = PauseSwitch()
    schedule = QuietSchedule(arguments.quiet or QuietHours(()), switch)
    schedule.check()
    if hasattr(signal, "SIGUSR1"):  # Windows knows none
        signal.signal(signal.SIGUSR1, lambda *_: switch.toggle("signal"))
    return Consent(switch, schedule)
