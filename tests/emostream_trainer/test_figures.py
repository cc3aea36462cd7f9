"""The same figure is the same file."""

from pathlib import Path

from matplotlib.figure import Figure

from emostream_trainer.figures import save


def _figure() -> Figure:
    figure = Figure(layout="constrained")
    figure.subplots().plot([1, 2, 1], label="line", clip_on=True)
    return figure


def test_a_figure_drawn_again_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        save(_figure(), tmp_path / name)
    for suffix in (".png", ".svg"):
        one, two = ((tmp_path / f"{name}{suffix}").read_bytes() for name in ("one", "two"))
        assert len(one) > 1_000
        assert one == two
