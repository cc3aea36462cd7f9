"""A session of a real microphone: whether its events and rows give again what was said live."""

import json
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from bench.sessions.spoken import DENSE, HZ, speech_in_a_room
from emostream.events import AnyEvent, Health, decode
from emostream.features.resample import Resampler
from tests.support.processes import COMMAND, environment
from tests.support.virtual_microphone import VirtualMicrophone

START_S = 10
END_S = 60


def measure_microphone(corpora: Path, minutes: float) -> None:
    """Record clips that a virtual microphone plays, for so long, and read the session again."""
    with tempfile.TemporaryDirectory() as folder, VirtualMicrophone() as microphone:
        session, log = Path(folder) / "session", Path(folder) / "live.jsonl"
        options = ("--device", "pulse", "--format", "jsonl", "--record", str(session), "--record-keep", "rows")
        with log.open("wb") as file:
            listening = subprocess.Popen([*COMMAND, "listen", *options], stdout=file, env=environment(microphone.env))
            time.sleep(START_S)
            microphone.play(_as_played(corpora, minutes, microphone.sample_rate_hz))
            time.sleep(minutes * 60)
            listening.send_signal(signal.SIGINT)
            code = listening.wait(END_S)
        live = _judged(log.read_bytes())
        replay = [*COMMAND, "replay", str(session), "--speed", "max", "--format", "jsonl"]
        again = _judged(subprocess.run(replay, capture_output=True, check=True, env=environment({})).stdout)
        compare = [*COMMAND, "compare", str(session), "--model", "shipped", "--model", "models/whisper.onnx"]
        compared = subprocess.run(compare, capture_output=True, check=True, env=environment({})).stdout
        lost_ms = sum(getattr(event, "lost_ms", 0.0) for event in live)
        ended = json.loads((session / "session.json").read_text())["ended"]
        print(
            f"{ended['seconds'] / 60:.1f} min of a microphone, exit code {code}: {lost_ms:.0f} ms and "
            f"{ended['lost_steps']} steps lost, {ended['size_bytes'] / 1e6 / ended['seconds'] * 3600:.1f} MB an hour; "
            f"{len(live):,} events, a replay's are {'equal' if live == again else 'NOT EQUAL'}"
        )
        print(compared.decode().partition("utterances that A and B name otherwise")[0])


def _as_played(corpora: Path, minutes: float, sample_rate_hz: int) -> np.typing.NDArray[np.int16]:
    resampler = Resampler(HZ, sample_rate_hz)
    audio = speech_in_a_room(corpora, minutes, DENSE)
    samples = np.concatenate([resampler.push(audio), resampler.flush()])
    return (np.clip(samples, -1, 1) * 32_767).astype(np.int16)


def _judged(lines: bytes) -> list[AnyEvent]:
    """All events but those about the process; a replay's hello says when it was recorded."""
    events = [decode(line) for line in lines.splitlines()]
    return [event for event in events[1:] if not isinstance(event, Health)]
