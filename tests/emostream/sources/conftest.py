"""What tests of sources share."""

import sys

import pytest


@pytest.fixture
def without_pyav(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the extra ``media`` is not installed."""
    monkeypatch.setitem(sys.modules, "av", None)
