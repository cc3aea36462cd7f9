"""Nothing leaves the machine, and no file is written that nobody asked for: looked at from below, by strace."""

from pathlib import Path

import pytest

from tests.support.processes import events_of
from tests.support.system_calls import traced
from tests.support.virtual_microphone import VirtualMicrophone

EMOSTREAM = ("-m", "emostream")


@pytest.mark.slow
def test_a_recording_is_read_without_a_look_up_or_a_file(tmp_path: Path) -> None:
    code, output, trace = traced([*EMOSTREAM, "file", "--format", "jsonl", "demo/recording.flac"], tmp_path)
    assert code == 0
    assert events_of(output)
    assert trace.network == []
    assert trace.files == []


@pytest.mark.slow
def test_a_microphone_is_read_with_the_sound_server_as_the_only_connection(tmp_path: Path) -> None:
    with VirtualMicrophone() as microphone:
        _, output, trace = traced(
            [*EMOSTREAM, "listen", "--format", "jsonl"], tmp_path, env=microphone.env, until='"type":"estimate"'
        )
    assert '"type":"estimate"' in output
    assert trace.network == []
    # PulseAudio's own library keeps a cookie, in the folder that the test gave it.
    assert [call for call in trace.files if str(tmp_path / "home") not in call] == []
    assert [call for call in trace.files if ".cache" in call or "Microsoft" in call] == []


@pytest.mark.slow
def test_the_server_listens_on_this_machine_and_connects_to_nobody(tmp_path: Path) -> None:
    _, output, trace = traced([*EMOSTREAM, "serve", "--port", "0"], tmp_path, until="http://127.0.0.1:")
    assert "http://127.0.0.1:" in output
    connections = [call for call in trace.network if " connect(" in call or " sendto(" in call or " sendm" in call]
    assert connections == []
    binds = [call for call in trace.network if " bind(" in call]
    assert binds
    assert all('inet_addr("127.0.0.1")' in call or '"::1"' in call for call in binds)
    assert trace.files == []


def test_what_it_looks_for_would_be_seen(tmp_path: Path) -> None:
    code = """
import pathlib, socket
pathlib.Path.home().joinpath("left behind").write_text("x")
try:
    socket.getaddrinfo("emostream.invalid", 80)
except OSError:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("127.0.0.1", 53))
"""
    exit_code, output, trace = traced(["-c", code], tmp_path)
    assert exit_code == 0, output
    assert any("connect(" in call for call in trace.network)
    assert any("left behind" in call for call in trace.files)
