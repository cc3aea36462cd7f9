from collections.abc import Iterator
from pathlib import Path

import pytest

from emostream.errors import UnavailableError
from emostream.sources import devices
from emostream.sources.devices import InputDevice, find_again, find_device, list_devices
from tests.support.virtual_microphone import VirtualMicrophone


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualMicrophone]:
    with VirtualMicrophone() as microphone:
        for name, value in microphone.env.items():
            monkeypatch.setenv(name, value)
        yield microphone


def test_the_list_says_what_there_is(device: VirtualMicrophone) -> None:
    found = {entry.name: entry for entry in list_devices()}
    assert found["pulse"].host_api == "ALSA"
    assert found["pulse"].sample_rate_hz == 44_100
    assert found["pulse"].channels >= 1
    assert sum(entry.is_default for entry in found.values()) == 1


def test_the_list_is_fresh(device: VirtualMicrophone) -> None:
    assert list_devices()
    device.unplug()
    assert list_devices() == []
    device.plug_in()
    assert list_devices()


def test_a_device_is_found_by_default_index_and_part_of_its_name(device: VirtualMicrophone) -> None:
    pulse = find_device("pulse")
    assert pulse.name == "pulse"
    assert find_device(None).is_default
    assert (
        find_device("ULS")
        == find_device("Pulse, alsa")
        == find_device(pulse.index)
        == find_device(str(pulse.index))
        == pulse
    )


def test_what_fits_nothing_is_refused_with_what_there_is(device: VirtualMicrophone) -> None:
    with pytest.raises(
        UnavailableError, match=r"^an input device named 'Yeti' was not found; there is \[0\] .*pulse, ALSA"
    ):
        find_device("Yeti")
    with pytest.raises(UnavailableError, match="with index 99 was not found"):
        find_device(99)


def test_what_fits_several_is_refused_with_all_of_them(device: VirtualMicrophone) -> None:
    with pytest.raises(UnavailableError, match=r"'ul' could be any of .*pulse.*; .*default.*: choose one"):
        find_device("ul")


def test_without_a_default_one_must_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = InputDevice(3, "Yeti", "ALSA", 1, 48_000, is_default=False)
    monkeypatch.setattr(devices, "list_devices", lambda: [entry])
    with pytest.raises(UnavailableError, match=r"the default input device was not found; there is \[3\] Yeti, ALSA"):
        find_device(None)
    assert find_device("yeti") is entry


def test_an_exact_name_goes_before_names_that_contain_it(monkeypatch: pytest.MonkeyPatch) -> None:
    yeti, yeti_2 = (InputDevice(i, name, "ALSA", 1, 48_000, i == 0) for i, name in enumerate(("Yeti", "Yeti 2")))
    monkeypatch.setattr(devices, "list_devices", lambda: [yeti, yeti_2])
    assert find_device("yeti") is yeti
    assert find_device("Yeti 2") is yeti_2


def test_without_any_device_it_says_so(device: VirtualMicrophone) -> None:
    device.unplug()
    with pytest.raises(UnavailableError, match="no input device was found") as caught:
        find_device(None)
    assert caught.value.exit_code == 69


def test_a_server_that_hangs_is_an_error_after_a_while(
    device: VirtualMicrophone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "_QUERY_TIMEOUT_S", 1.0)
    device.freeze()
    with pytest.raises(UnavailableError, match="does not answer within 1 s"):
        list_devices()
    with pytest.raises(UnavailableError, match="does not answer within 1 s"):
        list_devices()
    monkeypatch.undo()
    device.thaw()
    list_devices()


def test_without_the_portaudio_library_it_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sounddevice.py").write_text('raise OSError("PortAudio library not found")\n')
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "sounddevice", raising=False)
    with pytest.raises(UnavailableError, match="apt install libportaudio2"):
        list_devices()


def usb(index: int, card: int) -> InputDevice:
    return InputDevice(index, f"Yeti: USB Audio (hw:{card},0)", "ALSA", 2, 48_000, is_default=False)


OTHER = InputDevice(0, "HDA Intel: ALC257 (hw:0,0)", "ALSA", 2, 44_100, is_default=True)


def let_there_be(now: list[InputDevice], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "list_devices_apart", lambda: now)
    monkeypatch.setattr(devices, "list_devices", lambda **_: now)


@pytest.mark.parametrize("wanted", ["yeti", 5, "5"])
def test_a_microphone_that_comes_back_with_another_card_number_and_index_is_known(
    wanted: str | int, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_there_be([OTHER, usb(7, card=3)], monkeypatch)
    assert find_again(usb(5, card=2), wanted) == usb(7, card=3)


def test_the_same_name_goes_before_others_that_fit_what_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    let_there_be([OTHER, usb(1, card=1), usb(2, card=2)], monkeypatch)
    assert find_again(usb(9, card=2), "yeti") == usb(2, card=2)
    assert find_again(usb(9, card=2), None) == OTHER


def test_while_it_is_away_portaudio_is_not_started_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def started(**_: object) -> list[InputDevice]:
        raise AssertionError("this leaks 12 kB each time")

    monkeypatch.setattr(devices, "list_devices_apart", lambda: [OTHER])
    monkeypatch.setattr(devices, "list_devices", started)
    with pytest.raises(UnavailableError, match="named 'Yeti: USB Audio' was not found"):
        find_again(usb(5, card=2), 5)


def test_the_list_of_the_child_process_is_that_of_this_one(device: VirtualMicrophone) -> None:
    assert devices.list_devices_apart() == list_devices()
    device.unplug()
    assert devices.list_devices_apart() == []
