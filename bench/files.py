"""Whether clients that send whole files at once get what `emostream file` says, however they cut and read.

    python -m bench.files [--clients 16] [--minutes 10] [--workers 0] [--tls]

The clients send the same audio, the bundled recording over and over, as fast as the socket takes it, in frames of 7
samples to 128 kB; one of them reads slowly. A line for each: its frames, when its summary came, and how it differs from
that of the file; then the server's memory, at most, and its CPU for a second of audio.
"""

import argparse
import os
import threading
import time
from collections.abc import Sequence
from contextlib import nullcontext

import numpy as np
import soundfile

from bench.load import HZ, Tls, children, cpu_s_by_thread, resident_mb, server, tls_files
from bench.raw_client import RawClient
from emostream import assets
from emostream.audio import AudioBlock
from emostream.events import Error, Health, Summary
from tests.support.file_clients import FileClient, frame_sizes

SLOW = 5  # which of them reads slowly
P_PLACES = 2e-4  # how far batches of windows move the last of four places


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--workers", type=int, default=0, help="processes that read the audio, 0 for threads")
    parser.add_argument("--tls", action="store_true")
    arguments = parser.parse_args()
    samples = soundfile.read(assets.DEMO_RECORDING, dtype="float32")[0]
    pcm = (np.resize(samples, int(arguments.minutes * 60 * HZ)) * 32767).astype("<i2")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    expected = summary_of_file(pcm)
    with tls_files() if arguments.tls else nullcontext() as tls:
        options = ("--address-share", "1", "--workers", str(arguments.workers), *(tls.options if tls else ()))
        with server("serve", *options) as (process, port):
            clients = connect(port, tls, arguments.clients)
            measure([process.pid, *children(process.pid)], clients, pcm, expected)


def summary_of_file(pcm: np.ndarray) -> Summary:
    """As `emostream file` gives it."""
    stream = assets.load_stream_factory().stream(HZ, stream="audio", source="a file")
    heard = (pcm / np.float32(32768)).astype(np.float32)
    for first in range(0, len(heard), HZ):
        stream.push(AudioBlock(heard[first : first + HZ], HZ, first))
    stream.flush()
    return stream.summary()


def connect(port: int, tls: Tls | None, n: int) -> list[FileClient]:
    """So many clients, each with a size of frames of its own."""
    clients = []
    for number, size in enumerate(frame_sizes(n)):
        raw = RawClient(port, "/ws?stream=", tls.trusted if tls else None)
        raw.socket.setblocking(True)
        clients.append(FileClient(raw.send_bytes, raw.receive_bytes, size, reads_slowly=number == SLOW))
    return clients


def measure(processes: Sequence[int], clients: list[FileClient], pcm: np.ndarray, expected: Summary) -> None:
    """Let the clients send, and compare."""
    n = len(clients)
    began_s, before_s = time.monotonic(), sum(cpu_s_by_thread(processes).values())
    took_s = [0.0] * n

    def run(number: int) -> None:
        clients[number].run(pcm.tobytes())
        took_s[number] = time.monotonic() - began_s

    threads = [threading.Thread(target=run, args=(number,)) for number in range(n)]
    for thread in threads:
        thread.start()
    most_mb = 0.0
    while any(thread.is_alive() for thread in threads):
        most_mb = max(most_mb, sum(map(resident_mb, processes)))
        time.sleep(0.5)
    equal = 0
    for client, seconds in zip(clients, took_s, strict=True):
        verdict = difference(client, expected)
        equal += not verdict
        slowly = ", read slowly" if client.reads_slowly else ""
        print(f"frames of {client.frame_bytes} bytes{slowly}: {verdict or 'as the file'} after {seconds:.0f} s")
    spent_s = sum(cpu_s_by_thread(processes).values()) - before_s
    print(
        f"{equal} of {n} as the file ({len(pcm) / HZ:.0f} s each); memory at most {most_mb:.0f} MB; "
        f"CPU {1000 * spent_s / n / (len(pcm) / HZ):.1f} ms a second of audio; load {os.getloadavg()[0]:.1f}"
    )


def difference(client: FileClient, expected: Summary) -> str:
    """What is wrong with what a client got, "" for nothing."""
    last = client.events[-1] if client.events else None
    if isinstance(last, Error):
        return f"{last.code}: {last.message}"
    if not isinstance(last, Summary):
        return f"no summary, {len(client.events)} events"
    if [event.seq for event in client.events] != list(range(len(client.events))):
        return "events are missing"
    if sparse := [event for event in client.events if isinstance(event, Health) and event.network_interval > 1]:
        return f"read sparsely, {len(sparse)} times"
    same = all(getattr(last, name) == getattr(expected, name) for name in ("label", "seconds", "speech_seconds"))
    near = all(
        abs(theirs - ours[label]) <= P_PLACES
        for ours, named in ((last.p, expected.p), (last.share, expected.share))
        for label, theirs in named.items()
    )
    return "" if same and near else f"found {last}, expected {expected}"


if __name__ == "__main__":
    main()
