"""Send a recording to a server and print what it makes of it: python speak.py RECORDING [URL]"""

import sys

import soundfile

from emostream.client import connect
from emostream.events import Summary, Utterance

samples, rate = soundfile.read(sys.argv[1], dtype="float32")
with connect(sys.argv[2] if len(sys.argv) > 2 else "ws://127.0.0.1:8765/ws?stream=") as client:
    client.start(rate)
    client.send(samples)
    client.stop()
    for event in client:
        if isinstance(event, Utterance | Summary):
            print(type(event).__name__, event.t_start_ms, event.t_end_ms, event.label, event.p)
