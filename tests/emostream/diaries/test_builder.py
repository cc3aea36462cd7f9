"""Diaries of events."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from emostream.diaries.builder import DiaryBuilder
from emostream.diaries.diary import Diary
from emostream.events import Event
from tests.support.days import MINUTE_MS, a_day, health, live, spoken
from tests.support.stream_events import hello, utterance


def diary_of(events: list[Event], zone: timezone = UTC) -> Diary:
    builder = DiaryBuilder(zone)
    for event in events:
        builder.push(event, "live")
    return builder.diary()


def test_time_is_counted_in_the_hour_that_it_was_in() -> None:
    friday, saturday = diary_of(list(a_day())).days
    assert (friday.date, saturday.date) == (date(2026, 3, 6), date(2026, 3, 7))
    assert [hour.start.hour for hour in (*friday.hours, *saturday.hours)] == [22, 23, 0]
    ten, eleven, midnight = (*friday.hours, *saturday.hours)
    assert (ten.listened_s, ten.paused_s, ten.lost_s) == (600, 0, 0)
    assert (eleven.listened_s, eleven.paused_s, eleven.lost_s) == (2400, 1200, 0)
    assert (midnight.listened_s, midnight.paused_s, midnight.lost_s) == (1740, 0, 60)


def test_an_utterance_belongs_to_the_hour_that_it_began_in_with_its_verdict() -> None:
    friday, saturday = diary_of(list(a_day())).days
    assert friday.hours[0].speech_s == pytest.approx({"happy": 60, "too short": 6})
    assert friday.hours[1].speech_s == pytest.approx({"angry": 12, "unsure": 6})
    assert saturday.hours[0].speech_s == pytest.approx({"happy": 24})
    assert friday.speech_s == pytest.approx(84)
    assert saturday.manners["happy"].utterances == 1


def test_loudness_is_told_apart_from_emotion() -> None:
    friday, saturday = diary_of(list(a_day())).days
    assert friday.manners["angry"].loudness_dbfs == pytest.approx(-10)
    assert friday.manners["happy"].loudness_dbfs == pytest.approx(-20)
    assert [hour.loudness_dbfs for hour in friday.hours] == pytest.approx([-20, -15])
    assert saturday.hours[0].loudness_dbfs == pytest.approx(-30)
    assert friday.manners["too short"].loudness_dbfs is None


def test_the_longest_calm_ends_with_excitement_and_with_a_long_silence() -> None:
    friday, saturday = diary_of(list(a_day())).days
    assert friday.calm
    assert saturday.calm
    assert (friday.calm.start, friday.calm.end) == (
        datetime(2026, 3, 6, 22, 51, tzinfo=UTC),
        datetime(2026, 3, 6, 22, 55, 30, tzinfo=UTC),
    )
    assert friday.calm.speech_s == pytest.approx(60)
    assert saturday.calm.end - saturday.calm.start == timedelta(seconds=24)


def test_hours_and_days_are_those_of_the_zone() -> None:
    (saturday,) = diary_of(list(a_day()), timezone(timedelta(hours=5, minutes=30))).days
    assert [(hour.start.hour, hour.listened_s) for hour in saturday.hours] == [(4, 1200), (5, 3540)]


def test_what_was_read_by_few_events_is_shared_out_to_its_hours() -> None:
    (friday, saturday) = diary_of([live(hello()), health(200 * MINUTE_MS)]).days
    assert [hour.listened_s for hour in (*friday.hours, *saturday.hours)] == [600, 3600, 3600, 3600, 600]


def test_all_is_named_that_it_is_of() -> None:
    diary = diary_of(list(a_day()))
    assert diary.labels == ("angry", "happy", "neutral", "sad")
    assert diary.verdicts == ("angry", "happy", "unsure", "too short")
    assert (diary.sources, diary.speakers) == (("test microphone",), ("Ada",))


def test_events_without_a_time_of_day_are_counted() -> None:
    builder = DiaryBuilder(UTC)
    for event in (hello(), utterance(4), utterance(9)):
        builder.push(event, 0)
    assert builder.untimed == 2
    assert not builder.diary().days


def test_streams_have_clocks_of_their_own() -> None:
    builder = DiaryBuilder(UTC)
    for number in (0, 1):
        builder.push(live(hello()), number)
        builder.push(spoken(60, 30, "happy"), number)
    (day,) = builder.diary().days
    assert day.manners["happy"].utterances == 2
    assert day.speech_s == pytest.approx(60)
