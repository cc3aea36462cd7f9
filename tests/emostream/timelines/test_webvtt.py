"""WebVTT, as a browser's parser has it."""

import io
import re

from emostream.timelines.webvtt import write_webvtt
from tests.support.timelines import made_up_timeline


def test_the_note_is_one_line_without_an_arrow_and_labels_are_classes() -> None:
    file = io.BytesIO()
    write_webvtt(made_up_timeline(), file)
    text = file.getvalue().decode()
    assert text.startswith("WEBVTT\n\nNOTE /nowhere/")
    note, *cues = text.split("\n\n")[1:]
    assert "\n" not in note
    assert "-->" not in note
    assert [re.findall(r"<c\.([\w-]+)>", cue) for cue in cues] == [
        ["angry"],
        ["unsure"],
        ["too-short"],
        ["sad-blue-"],
        [],
        [],
        ["שמח"],
    ]
    assert "sad &amp; &lt;blue&gt; 70%" in text
