"""``emostream bench`` measures every part, and its figures hang together."""

import json
import re
from pathlib import Path

import pytest

from tests.support.commands import assert_refused, emostream

USAGE = 2


@pytest.fixture(scope="module")
def models(tiny_paths: list[Path]) -> list[object]:
    return [word for path in tiny_paths for word in ("--model", path)]


def test_every_part_has_a_figure_for_each_run(models: list[object]) -> None:
    said = emostream("bench", "--runs", 2, "--format", "json", *models)
    assert (said.code, said.errors) == (0, "")
    found = json.loads(said.out)
    assert set(found["versions"]) == {"emostream", "numpy", "onnxruntime"}
    figures = {figure["name"]: figure for figure in found["figures"]}
    for name in ("tiny_mel: features", "tiny_mfcc: network", "voice activity", "one voice, all included"):
        assert len(figures[name]["values"]) == 2
        assert min(figures[name]["values"]) > 0
    assert figures["one voice, all included"]["median"] < 1, "it does not keep up with its own microphone"


def test_the_table_names_the_machine(models: list[object]) -> None:
    said = emostream("bench", "--runs", 1, *models)
    assert (said.code, said.errors) == (0, "")
    assert "cores" in said.out.splitlines()[0]
    assert "voice activity" in said.out
    assert re.search(r"one voice, all included +[\d.]+ %", said.out)
    assert re.fullmatch(
        r"A voice takes [\d.]+ % of one core, so .*\. 95 of 100 estimates are there within [\d.]+ ms\.",
        said.out.splitlines()[-1],
    )


def test_no_run_is_refused(models: list[object]) -> None:
    assert_refused(emostream("bench", "--runs", 0, *models), USAGE, "--runs")
