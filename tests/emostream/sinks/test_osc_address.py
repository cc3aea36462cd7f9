"""Addresses of values, and the command line's form of them."""

import pytest

from emostream.errors import UsageError
from emostream.sinks.osc_address import addresses_of, host_and_port


def test_without_a_word_they_lie_below_our_name() -> None:
    addresses = addresses_of([])
    assert [addresses.of(name) for name in ("angry", "level_dbfs")] == ["/emostream/angry", "/emostream/level_dbfs"]
    assert not addresses.is_avatar


def test_vrchat_has_them_among_the_avatars_parameters() -> None:
    addresses = addresses_of(["sad=/avatar/parameters/Tears"], vrchat=True)
    assert addresses.of("level_dbfs") == "/avatar/parameters/EmostreamLevelDbfs"
    assert addresses.of("sad") == "/avatar/parameters/Tears"
    assert addresses.is_avatar


def test_a_template_and_single_addresses() -> None:
    addresses = addresses_of(["/stage/{Name}/x", "angry=/light/1/red", "speech=/{name}"])
    assert [addresses.of(name) for name in ("happy", "angry", "speech")] == [
        "/stage/Happy/x",
        "/light/1/red",
        "/speech",
    ]


def test_what_cannot_stand_in_an_address_does_not() -> None:
    assert addresses_of([]).of("very sad/#1") == "/emostream/very_sad__1"


@pytest.mark.parametrize("text", ["emostream/{name}", "/a b/{name}", "/a/{other}", "angry=x", "/same/for/all", "x="])
def test_a_wrong_address_is_one_line(text: str) -> None:
    with pytest.raises(UsageError, match=r"found the OSC address .*, expected"):
        addresses_of([text])


@pytest.mark.parametrize(
    ("text", "expected"),
    [("localhost", ("localhost", 9000)), ("10.0.0.2:8000", ("10.0.0.2", 8000)), ("[::1]:7", ("::1", 7))],
)
def test_receivers(text: str, expected: tuple[str, int]) -> None:
    assert host_and_port(text) == expected


@pytest.mark.parametrize("text", ["", "host:", "host:0", "host:65536", "::1", "a b:1"])
def test_a_wrong_receiver_is_one_line(text: str) -> None:
    with pytest.raises(UsageError, match="for --osc, expected HOST or HOST:PORT"):
        host_and_port(text)
