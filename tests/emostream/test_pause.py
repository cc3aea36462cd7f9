import signal
import threading

from emostream.pause import SCHEDULE, PauseSwitch


def test_a_person_and_the_schedule_do_not_undo_each_other() -> None:
    switch = PauseSwitch()
    switch.pause(SCHEDULE)
    switch.pause("key")
    assert switch.paused_by == ("person", "schedule")
    switch.resume(SCHEDULE)
    assert switch.paused_by == ("person",)
    switch.pause(SCHEDULE)
    switch.resume("http")
    assert switch.paused_by == ("schedule",)
    assert switch.paused
    switch.resume(SCHEDULE)
    assert switch.paused_by == ()
    assert not switch.paused


def test_what_one_way_paused_another_one_resumes() -> None:
    switch = PauseSwitch()
    switch.pause("key")
    switch.pause("mqtt")
    switch.resume("http")
    assert not switch.paused


def test_toggling_is_of_the_persons_pause_alone() -> None:
    switch = PauseSwitch()
    switch.pause(SCHEDULE)
    switch.toggle("signal")
    assert switch.paused_by == ("person", "schedule")
    switch.toggle("signal")
    assert switch.paused_by == ("schedule",)


def test_listeners_hear_of_changes_and_of_nothing_else() -> None:
    switch = PauseSwitch()
    heard: list[tuple[str, ...]] = []
    switch.listen(lambda: heard.append(switch.paused_by))
    for _ in range(2):
        switch.pause("key")
    switch.pause(SCHEDULE)
    for _ in range(2):
        switch.resume("key")
    assert heard == [("person",), ("person", "schedule"), ("schedule",)]


def test_a_signal_in_the_middle_of_a_change_is_not_lost() -> None:
    switch = PauseSwitch()

    def in_the_middle() -> None:
        if not heard.is_set():
            heard.set()
            signal.raise_signal(signal.SIGUSR1)

    heard = threading.Event()
    switch.listen(in_the_middle)
    before = signal.signal(signal.SIGUSR1, lambda *_: switch.toggle("signal"))
    try:
        switch.pause(SCHEDULE)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert switch.paused_by == ("person", "schedule")
