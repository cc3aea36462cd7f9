"""Draws ``docs/images/comparison.png``: the bundled recording as a session, judged by two sets of models.

python docs/make_comparison_picture.py
"""

import tempfile
from pathlib import Path

from emostream import assets
from emostream.sessions.manifest import Kept
from emostream.sessions.recorder import SessionRecorder
from emostream.sessions.session import Session
from emostream.sources.file import FileSource
from emostream_trainer.evaluation.comparison import compare
from emostream_trainer.evaluation.comparison_picture import comparison_picture

PICTURE = Path(__file__).parent / "images" / "comparison.png"
OTHER = "mel_cnn2d.onnx"


def main() -> None:
    """Record, compare and draw."""
    shipped = assets.load_stream_factory()
    other = assets.load_stream_factory([assets.MODELS / OTHER])
    source = FileSource(assets.DEMO_RECORDING, block_s=5.0)
    with tempfile.TemporaryDirectory() as folder:
        recorder = SessionRecorder(
            Path(folder) / "session", Kept.ROWS, source=source.name, models=shipped.models, program="emostream"
        )
        observer = recorder.observer(shipped.models)
        stream = shipped.stream(source.sample_rate_hz, stream="live", source=source.name, observer=observer)
        recorder.emit(stream.hello())

        for block in source.blocks():
            for event in stream.push(block):
                recorder.emit(event)
        for event in stream.flush():
            recorder.emit(event)
        recorder.close()
        comparison = compare(Session.open(recorder.folder), shipped, other)
    comparison_picture(PICTURE, comparison, ("shipped (whisper and mel_cnn2d)", "mel_cnn2d alone"))


if __name__ == "__main__":
    main()
