"""The screen as a picture: an SVG file that fetches nothing."""

import io
import re
from datetime import datetime
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console, ConsoleDimensions, RenderableType

# Rich's has addresses of fonts on the network.
_FORMAT = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def save_picture(screen: RenderableType, size: ConsoleDimensions, now: datetime) -> str:
    """Draw a screen of this size into a file of the folder at hand, named after ``now``; returns what to say of it."""
    path = Path(f"emostream-{now:%Y%m%d-%H%M%S}.svg")
    console = Console(
        file=io.StringIO(), record=True, width=size.width, height=size.height, force_terminal=True,
        color_system="truecolor",
    )  # fmt: skip
    console.print(screen, end="")
    try:
        path.write_text(console.export_svg(title="emostream", code_format=_FORMAT), encoding="utf-8")
    except OSError as error:
        return f"{path} cannot be written ({error.strerror}): start emostream in a folder of your own"
    return f"saved as {path}"
