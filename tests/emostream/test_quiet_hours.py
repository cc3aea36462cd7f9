from datetime import datetime, time

import pytest

from emostream.errors import UsageError
from emostream.pause import PauseSwitch
from emostream.quiet_hours import QuietHours, QuietSchedule


@pytest.mark.parametrize(
    ("text", "within", "outside"),
    [
        ("22:00-07:00", ["22:00", "23:59", "00:00", "06:59"], ["07:00", "12:00", "21:59"]),
        ("09:30-17:00", ["09:30", "12:00", "16:59"], ["09:29", "17:00", "23:00"]),
        ("8:00-9:00, 22:00-24:00", ["08:30", "23:59"], ["00:00", "09:00", "21:00"]),
        ("00:00-23:59", ["00:00", "23:58"], ["23:59"]),
    ],
)
def test_times_of_day_within_and_outside(text: str, within: list[str], outside: list[str]) -> None:
    hours = QuietHours.parse(text)
    assert all(hours.include(time.fromisoformat(moment)) for moment in within)
    assert not any(hours.include(time.fromisoformat(moment)) for moment in outside)


def test_none_are_quiet() -> None:
    assert not QuietHours.parse("").include(time(3))


@pytest.mark.parametrize("text", ["22-7", "22:00", "25:00-07:00", "22:00-24:30", "22:60-07:00", "10:00-10:00", "night"])
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError, match="expected times of day such as 22:00-07:00") as caught:
        QuietHours.parse(text)
    assert "\n" not in str(caught.value)
    assert text in str(caught.value)


def test_they_are_shown_as_they_are_written() -> None:
    assert str(QuietHours.parse("8:00-9:00,22:00-07:00")) == "08:00-09:00, 22:00-07:00"


def test_the_schedule_pauses_and_resumes_as_time_goes_on() -> None:
    now = datetime(2026, 11, 28, 21, 59)
    switch = PauseSwitch()
    schedule = QuietSchedule(QuietHours.parse("22:00-07:00"), switch, lambda: now)
    seen = []
    for hour, minute in ((21, 59), (22, 0), (23, 0), (6, 59), (7, 0)):
        now = now.replace(hour=hour, minute=minute)
        schedule.check()
        seen.append(switch.paused_by)
    assert seen == [(), ("schedule",), ("schedule",), ("schedule",), ()]
