"""The files in docs/deployment: what they name is there, and the tools that read them take them."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from emostream.errors import USAGE
from emostream.pause import PauseSwitch
from emostream.server.config import ServerConfig
from emostream.server.server import Server
from tests.support.processes import emostream
from tests.support.sinks import CollectingSink

FOLDER = Path(__file__).parents[1] / "docs" / "deployment"
# What Prometheus makes of a histogram, and what it has of its own.
SERIES = re.compile(r"\bemostream_\w+")


@pytest.fixture(scope="module")
def metrics() -> set[str]:
    """The names of all series that a server with a microphone has; a counter without a count yet has its type alone."""
    server = Server(ServerConfig(port=0), switch=PauseSwitch())
    try:
        server.count_sink(CollectingSink())
        text = server.metrics.text().decode()
    finally:
        server.close()
    typed = re.findall(r"^# TYPE (\w+) (\w+)", text, re.MULTILINE)
    parts = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("",), "gauge": ("",)}
    return {name + part for name, kind in typed for part in parts[kind]}


def test_the_dashboard_asks_for_series_that_there_are(metrics: set[str]) -> None:
    dashboard = json.loads((FOLDER / "grafana-dashboard.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    asked = {name for query in queries for name in SERIES.findall(query)}
    assert len(asked) > 10
    assert asked <= metrics
    variables = [one["query"] for one in dashboard["templating"]["list"] if one["type"] == "query"]
    assert {name for query in variables for name in SERIES.findall(query)} <= metrics
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_the_rules_ask_for_series_that_there_are_and_prometheus_takes_them(metrics: set[str]) -> None:
    rules = FOLDER / "alerts.yaml"
    expressions = re.findall(r"expr: (.*)", rules.read_text())
    assert len(expressions) > 4
    assert {name for expression in expressions for name in SERIES.findall(expression)} <= metrics
    assert shutil.which("promtool"), "promtool was not found: apt install prometheus"
    checked = subprocess.run(["promtool", "check", "rules", rules], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(expressions)} rules found" in checked.stdout


def test_the_rules_fire_when_they_should(tmp_path: Path) -> None:
    """Prometheus's own test of rules: a microphone that is gone, one that is paused, and one that is silent."""
    (tmp_path / "test.yaml").write_text(
        f"""
rule_files: [{FOLDER / "alerts.yaml"}]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: 'emostream_source_up{{instance="gone"}}'
        values: '1 0x9'
      - series: 'emostream_source_paused{{instance="gone"}}'
        values: '0x10'
      - series: 'emostream_source_up{{instance="paused"}}'
        values: '1 0x9'
      - series: 'emostream_source_paused{{instance="paused"}}'
        values: '0 1x9'
      - series: 'emostream_source_up{{instance="well"}}'
        values: '1x10'
      - series: 'emostream_source_paused{{instance="well"}}'
        values: '0x10'
      - series: 'emostream_source_last_sound_timestamp_seconds{{instance="well"}}'
        values: '-100000x10'
    alert_rule_test:
      - eval_time: 8m
        alertname: EmostreamMicrophoneGivesNoSound
        exp_alerts:
          - exp_labels: {{severity: warning, instance: gone}}
            exp_annotations:
              summary: The microphone of gone has given no sound for two minutes, and nobody paused.
              description: Its /healthz says why; the log has the same line.
      - eval_time: 8m
        alertname: EmostreamMicrophoneIsSilent
        exp_alerts:
          - exp_labels: {{severity: warning, instance: well}}
            exp_annotations:
              summary: The microphone of well has heard nothing above -60 dBFS for a day.
              description: It is there and gives silence. Is it muted, or in an empty room?
"""
    )
    tested = subprocess.run(
        ["promtool", "test", "rules", tmp_path / "test.yaml"], capture_output=True, text=True, check=False
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_the_containerfile_is_well_and_what_it_copies_is_there() -> None:
    file = FOLDER / "Containerfile"
    linted = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), file], capture_output=True, text=True, check=False
    )
    assert (linted.returncode, linted.stdout) == (0, "")
    copied = re.findall(r"^COPY (\S+) ", file.read_text(), re.MULTILINE)
    assert "docs/deployment/asound.conf" in copied
    root = FOLDER.parents[1]
    assert all((root / path).is_file() for path in copied if not path.startswith("dist/"))
    users = re.findall(r"^USER (\S+)", file.read_text(), re.MULTILINE)
    assert users == ["1000"]


def test_what_the_container_runs_is_a_command_of_ours() -> None:
    """All of its options are taken: what is wrong is the port that is added here."""
    words = json.loads(re.findall(r"^CMD (\[.*\])", (FOLDER / "Containerfile").read_text(), re.MULTILINE)[-1])
    ended = emostream(*words, "--port", 70_000, env={"EMOSTREAM_TOKEN": "a-token-that-nobody-guesses"})
    assert ended.returncode == USAGE
    assert "port 70000 does not exist" in ended.stderr
