"""``emostream doctor``: on recordings, and on a real microphone: well, muted, none at all, or not to be had."""

import json
import socket
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr

from emostream.assets import DEMO_RECORDING
from emostream.audio import Samples
from emostream.commands.doctor.machine import judge_share
from emostream.commands.doctor.service import check_service
from emostream.commands.doctor.source import check_source_name
from emostream.commands.settings import Settings
from emostream.doctor.finding import Finding, Verdict
from emostream.errors import USAGE
from emostream.sources.devices import InputDevice
from tests.support import commands
from tests.support.certificates import expire, make_certificate
from tests.support.commands import assert_refused
from tests.support.microphones import HZ, clipped
from tests.support.processes import Running, assert_one_line, emostream, environment
from tests.support.virtual_microphone import MICROPHONE_HZ, VirtualMicrophone

SECONDS = 6


def checks(out: str, part: int = -1) -> dict[str, dict[str, Any]]:
    """The findings of one part of the JSON report, by check."""
    return {finding["check"]: finding for finding in json.loads(out)["parts"][part]["findings"]}


class TestRecordings:
    def test_a_good_one_is_well(self) -> None:
        ended = emostream("doctor", DEMO_RECORDING)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert ended.stdout.splitlines()[0] == str(DEMO_RECORDING)
        assert ended.stdout.endswith("\n\nall is well\n")

    def test_one_with_a_fault_says_what_to_do_and_ends_with_1(self, recording: Samples, tmp_path: Path) -> None:
        clip = tmp_path / "clipped.wav"
        soundfile.write(clip, np.stack([np.zeros_like(recording), clipped(recording)], axis=1), HZ)
        ended = emostream("doctor", clip, DEMO_RECORDING, "--json")
        assert (ended.returncode, ended.stderr) == (1, "")
        report = json.loads(ended.stdout)
        assert [part["name"] for part in report["parts"]] == [str(clip), str(DEMO_RECORDING)]
        assert (report["problems"], report["warnings"]) == (1, 1)
        found = checks(ended.stdout, 0)
        assert found["clipping"]["verdict"] == "problem"
        assert "turn the microphone down" in found["clipping"]["advice"]
        assert found["channels"]["advice"].startswith("read the one that has it: --channel 2")
        text = emostream("doctor", clip).stdout
        assert "→ turn the microphone down" in text
        assert text.endswith("1 problem, 1 warning\n")

    def test_standard_input_is_judged_too(self) -> None:
        ended = emostream("doctor", "-", stdin=DEMO_RECORDING.read_bytes())
        assert (ended.returncode, ended.stderr) == (0, "")
        assert ended.stdout.startswith("standard input\n")

    def test_what_is_no_sound_is_one_line_and_the_others_are_judged(self, tmp_path: Path) -> None:
        (tmp_path / "text.wav").write_text("no sound")
        ended = emostream("doctor", tmp_path / "text.wav", DEMO_RECORDING)
        assert ended.returncode == 66
        assert_one_line(ended.stderr, "text.wav")
        assert "all is well" in ended.stdout

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--seconds", "1"], "found 1 for --seconds, expected 5 to 60"),
            (["x.wav", "--keep", "y.wav"], "found --keep with recordings"),
            (["--no-microphone", "--keep", "y.wav"], "found --keep with --no-microphone"),
        ],
    )
    def test_options_that_do_not_go_together_are_refused(self, arguments: list[str], said: str) -> None:
        assert_refused(commands.emostream("doctor", *arguments, env={}), USAGE, said)


class TestMachine:
    def test_the_machine_is_looked_at_without_a_microphone(self) -> None:
        ended = emostream("doctor", "--no-microphone", "--json")
        machine, settings, microphone = (checks(ended.stdout, part) for part in range(3))
        assert {"PortAudio", "rights", "models", "CPU", "clock"} == machine.keys()
        assert machine["models"]["verdict"] == "ok"
        assert machine["CPU"]["values"]["core_share"] > 0
        assert {"settings", "port", "token"} == settings.keys()
        assert microphone["device"]["verdict"] == "problem"
        assert ended.returncode == 1

    @pytest.mark.parametrize(("share", "verdict"), [(0.04, "ok"), (0.5, "warning"), (0.9, "problem")])
    def test_the_budget_of_the_cpu(self, share: float, verdict: str) -> None:
        assert judge_share(share).verdict == verdict

    def test_wrong_settings_are_told(self, tmp_path: Path) -> None:
        file = tmp_path / "config.toml"
        file.write_text('port = "high"\nspeaker = "Ada"\ndevic = 1\n')
        found = of_settings(file, {})
        assert found["settings"].verdict is Verdict.PROBLEM
        assert "found 'high' for port" in found["settings"].found
        assert found["speaker"].verdict is Verdict.PROBLEM
        assert "Ada is not enrolled" in found["speaker"].found
        file.write_text("devic = 1\n")
        found = of_settings(file, {})
        assert (found["settings"].verdict, found["settings"].found) == (
            Verdict.WARNING,
            f"no setting: devic in {file}",
        )

    def test_a_token_that_all_can_read_and_one_that_is_too_short(self, tmp_path: Path) -> None:
        token = tmp_path / "token"
        token.write_text("a-token-of-more-than-sixteen-letters")
        token.chmod(0o644)
        found = of_settings(tmp_path / "none", {"EMOSTREAM_TOKEN_FILE": str(token)})["token"]
        assert (found.verdict, found.advice) == (Verdict.WARNING, f"chmod 600 {token}")
        token.chmod(0o600)
        assert of_settings(tmp_path / "none", {"EMOSTREAM_TOKEN_FILE": str(token)})["token"].verdict is Verdict.OK
        found = of_settings(tmp_path / "none", {"EMOSTREAM_TOKEN": "x"})["token"]
        assert found.verdict is Verdict.PROBLEM
        assert "x" not in found.found.split()

    def test_a_certificate_that_has_expired(self, tmp_path: Path) -> None:
        made = make_certificate(tmp_path)
        env = {"EMOSTREAM_CERTIFICATE": str(made.certificate), "EMOSTREAM_KEY": str(made.key)}
        assert of_settings(tmp_path / "none", env)["certificate"].verdict is Verdict.OK
        expire(made)
        assert of_settings(tmp_path / "none", env)["certificate"].verdict is Verdict.PROBLEM

    def test_the_port_of_a_running_emostream_is_well_and_that_of_another_program_is_told(self, tmp_path: Path) -> None:
        with Running("serve", "--port", 0) as server:
            server.wait_for(lambda running: "the widget is at" in running.messages)
            port = server.messages.split("127.0.0.1:")[1].split("/")[0]
            found = of_settings(tmp_path / "none", {"EMOSTREAM_PORT": port})["port"]
            assert (found.verdict, found.found) == (Verdict.OK, f"port {port}: emostream is running there")
        with socket.create_server(("127.0.0.1", 0)) as other:
            found = of_settings(tmp_path / "none", {"EMOSTREAM_PORT": str(other.getsockname()[1])})["port"]
        assert found.verdict is Verdict.WARNING
        assert "is in use by another program" in found.found


def of_settings(file: Path, variables: dict[str, str]) -> dict[str, Finding]:
    """The findings on the settings of a person with this file and these variables."""
    return {finding.check: finding for finding in check_service(Settings(variables, file, is_strict=False))}


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("Monitor of Built-in Audio", "source"),
        ("Stereo Mix (Realtek Audio)", "source"),
        ("HDA Intel HDMI: 0", "source"),
        ("BlackHole 2ch", "source"),
        ("Echo-Cancel Source", "echo cancelling"),
        ("NoiseTorch Microphone", "echo cancelling"),
        ("Krisp Microphone", "echo cancelling"),
        ("Yeti Stereo Microphone", None),
        ("MacBook Pro Microphone", None),
        ("Webcam C920", None),
    ],
)
def test_names_give_away_what_is_no_microphone(name: str, check: str | None) -> None:
    findings = check_source_name(InputDevice(0, name, "ALSA", 2, 48_000, is_default=True))
    warned = [finding.check for finding in findings if finding.verdict is Verdict.WARNING]
    assert warned == ([check] if check else [])


class TestMicrophone:
    @pytest.fixture
    def speaking(self, recording: Samples, microphone: VirtualMicrophone) -> VirtualMicrophone:
        """A microphone of a quiet room in which somebody speaks, again and again."""
        at_its_rate = soxr.resample(recording[: 18 * HZ], HZ, MICROPHONE_HZ)
        microphone.play((np.tile(at_its_rate, 4) * 32_767).astype(np.int16))
        return microphone

    def test_one_that_is_well_and_the_recording_is_kept_for_whom_asked(
        self, speaking: VirtualMicrophone, tmp_path: Path
    ) -> None:
        kept = tmp_path / "kept.wav"
        ended = emostream("doctor", "--seconds", SECONDS, "--json", "--keep", kept, env=speaking.env)
        found = checks(ended.stdout)
        assert (ended.returncode, json.loads(ended.stdout)["problems"]) == (0, 0), found
        for check in ("device", "source", "sound", "speech", "level", "clipping", "band"):
            assert found[check]["verdict"] == "ok", found[check]
        assert "stay silent" in ended.stderr
        assert "now speak" in ended.stderr
        frames, rate_hz = soundfile.read(kept)
        assert (len(frames), rate_hz) == (SECONDS * MICROPHONE_HZ, MICROPHONE_HZ)
        assert kept.stat().st_mode & 0o077 == 0
        again = emostream("doctor", kept, "--json")
        assert checks(again.stdout)["level"]["found"] == found["level"]["found"]

    def test_a_muted_one_gives_nothing_but_zeros(self, speaking: VirtualMicrophone, tmp_path: Path) -> None:
        pactl(speaking, "set-source-mute", "virtual_microphone", "1")
        ended = emostream("doctor", "--seconds", 5, "--json", env=speaking.env | {"HOME": str(tmp_path)})
        found = checks(ended.stdout)["sound"]
        assert (ended.returncode, found["verdict"]) == (1, "problem")
        assert "privacy settings" in found["advice"]
        assert list(tmp_path.rglob("*.wav")) == []

    def test_what_the_computer_plays_is_no_microphone(self, microphone: VirtualMicrophone) -> None:
        pactl(microphone, "load-module", "module-null-sink", "sink_name=speakers")
        env = microphone.env | {"PULSE_SOURCE": "speakers.monitor"}
        ended = emostream("doctor", "--no-microphone", "--json", env=env)
        found = checks(ended.stdout)["source"]
        assert found["verdict"] == "warning"
        assert "speakers.monitor" in found["found"]

    def test_one_that_was_asked_for_and_is_not_there(self, microphone: VirtualMicrophone) -> None:
        ended = emostream("doctor", "--device", "Yeti", "--json", env=microphone.env)
        found = checks(ended.stdout)["device"]
        assert (ended.returncode, found["verdict"]) == (1, "problem")
        assert "'Yeti' was not found" in found["found"]

    def test_one_that_refuses_is_a_question_of_rights(self, microphone: VirtualMicrophone) -> None:
        # The server is there and lists its device, and the source behind it is none that may be recorded.
        env = microphone.env | {"PULSE_SOURCE": "nobody_may"}
        ended = emostream("doctor", "--device", "pulse", "--seconds", 5, "--json", env=env)
        found = checks(ended.stdout)["rights"]
        assert (ended.returncode, found["verdict"]) == (1, "problem")
        assert "privacy" in found["advice"]


def pactl(microphone: VirtualMicrophone, *arguments: str) -> None:
    subprocess.run(["pactl", *arguments], env=environment(microphone.env), check=True, capture_output=True)
