import json
from pathlib import Path

from emostream.errors import UNAVAILABLE
from tests.support import commands
from tests.support.processes import NOWHERE, assert_one_line, emostream


def test_every_setting_says_its_value_and_where_it_comes_from(tmp_path: Path) -> None:
    file = tmp_path / "emostream" / "config.toml"
    file.parent.mkdir()
    file.write_text('port = 9000\nhost = "::1"\n')
    env = {"XDG_CONFIG_HOME": str(tmp_path), "EMOSTREAM_PORT": "9001"}
    shown = json.loads(commands.emostream("config", "--json", env=env).out)
    assert (shown["file"], shown["is_there"]) == (str(file), True)
    settings = {entry["name"]: entry for entry in shown["settings"]}
    assert settings["port"] == {
        "name": "port",
        "value": 9001,
        "from": "EMOSTREAM_PORT",
        "commands": ["listen", "serve", "record", "replay"],
    }
    assert (settings["host"]["value"], settings["host"]["from"]) == ("::1", str(file))
    assert (settings["format"]["value"], settings["format"]["from"]) == ("text", "default")


def test_a_default_that_differs_between_commands_has_a_row_for_each() -> None:
    lines = [line.split() for line in commands.emostream("config", env={}).out.splitlines()]
    assert ["wait", "false", "default", "listen,", "record"] in lines
    assert ["wait", "true", "default", "serve"] in lines


def test_a_device_in_the_settings_is_the_one_that_serve_opens() -> None:
    env = {"EMOSTREAM_DEVICE": "Yeti", "PULSE_SERVER": NOWHERE}
    ended = emostream("serve", "--port", "0", "--microphone", env=env | {"EMOSTREAM_WAIT": "no"})
    assert ended.returncode == UNAVAILABLE
    assert_one_line(ended.stderr, "microphone")
