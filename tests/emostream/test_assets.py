"""What comes with emostream: the shipped models are the ones of a list."""

import shutil
from pathlib import Path

import pytest

from emostream import assets
from emostream.errors import ModelError, UsageError
from emostream.pipeline.reliability import cost

REPORT = Path(__file__).parents[2] / "docs/report/report.md"


def test_every_shipped_model_is_in_the_checkout_and_has_figures() -> None:
    paths = assets.model_paths()
    assert [path.name for path in paths] == list(assets.SHIPPED)
    assets.load_reliability(assets.load_models(), assets.RELIABILITY)


def test_another_model_beside_the_shipped_ones_is_not_in_the_ensemble(
    tmp_path: Path, tiny_paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in assets.model_paths():
        shutil.copy(path, tmp_path)
    shutil.copy(tiny_paths[0], tmp_path / "mine.onnx")
    (tmp_path / "half_downloaded.onnx").write_bytes(b"\0")
    monkeypatch.setattr(assets, "MODELS", tmp_path)
    assert [model.card.name for model in assets.load_models()] == [Path(name).stem for name in assets.SHIPPED]


def test_no_model_at_all_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "MODELS", tmp_path)
    with pytest.raises(ModelError, match=r"no model in .*: name one with --model"):
        assets.load_models()


@pytest.mark.parametrize("asked", [0.6, 0.65, 0.7, 0.75, 0.8, 0.85])
def test_what_asking_to_be_right_promises_is_in_the_report(asked: float) -> None:
    """The line that a user sees against the table of docs/report/report.md, which whole corpora were held out for."""
    certainty = assets.load_reliability(assets.load_models(), assets.RELIABILITY).certainty(asked)
    section = REPORT.read_text().split("## Is its confidence honest where it never was?")[1]
    rows = [line.split("|")[1:4] for line in section.splitlines() if line.startswith(f"| {asked:.0%} |")]
    right, coverage = (float(cell.strip().rstrip("%")) / 100 for cell in rows[0][1:])
    assert certainty.right == pytest.approx(right, abs=0.0006)
    assert certainty.coverage == pytest.approx(coverage, abs=0.0006)
    assert f"{certainty.right:.0%} were, on corpora never heard" in cost(certainty)


def test_more_than_the_report_reached_is_refused() -> None:
    reliability = assets.load_reliability(assets.load_models(), assets.RELIABILITY)
    with pytest.raises(UsageError, match="the most was 59%, when 80% was asked for"):
        reliability.certainty(0.95)
