"""Where a default comes from, and the error line with the place of a wrong one."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from emostream.commands.settings import Settings
from emostream.errors import USAGE, UsageError
from emostream.quiet_hours import QuietHours


def settings(tmp_path: Path, toml: str = "", environment: dict[str, str] | None = None) -> Settings:
    file = tmp_path / "config.toml"
    file.write_text(toml, encoding="utf-8")
    return Settings(environment or {}, file)


def test_the_environment_stands_over_the_file_over_the_default(tmp_path: Path) -> None:
    assert settings(tmp_path).get("port", 8765, int) == 8765
    assert settings(tmp_path, "port = 9000").get("port", 8765, int) == 9000
    assert settings(tmp_path, "port = 9000", {"EMOSTREAM_PORT": "9001"}).get("port", 8765, int) == 9001


def test_a_byte_order_mark_of_windows_does_not_count(tmp_path: Path) -> None:
    assert settings(tmp_path, "\ufeffport = 9000\r\n").get("port", 8765, int) == 9000


def test_a_default_is_given_back_as_it_is(tmp_path: Path) -> None:
    assert settings(tmp_path).get("device", None) is None


def test_without_a_file_there_are_the_defaults(tmp_path: Path) -> None:
    assert Settings({}, tmp_path / "none" / "config.toml").get("port", 1, int) == 1


def test_names_are_upper_case_in_the_environment(tmp_path: Path) -> None:
    assert settings(tmp_path, environment={"EMOSTREAM_HALF_LIFE_MS": "300"}).get("half_life_ms", 5.0, float) == 300.0


@pytest.mark.parametrize(("text", "value"), [("1", True), ("TRUE", True), ("on", True), ("no", False), ("", False)])
def test_switches_in_the_environment(tmp_path: Path, text: str, value: bool) -> None:
    assert settings(tmp_path, environment={"EMOSTREAM_SERVE": text}).get("serve", not value, bool) is value


def test_switches_in_the_file(tmp_path: Path) -> None:
    assert settings(tmp_path, "serve = true").get("serve", False, bool) is True
    assert settings(tmp_path, "serve = false").get("serve", True, bool) is False


@pytest.mark.parametrize(
    ("toml", "kind", "found"),
    [
        ('port = "http"', int, "'http'"),
        ("port = 1.5", int, "1.5"),
        ("port = true", int, "True"),
        ("port = [1]", int, "[1]"),
        ('port = "maybe"', bool, "'maybe'"),
    ],
)
def test_a_wrong_value_in_the_file_is_said_with_its_place(tmp_path: Path, toml: str, kind: type, found: str) -> None:
    with pytest.raises(UsageError) as caught:
        settings(tmp_path, toml).get("port", 8765, kind)
    assert f"found {found} for port in {tmp_path / 'config.toml'}, expected" in str(caught.value)
    assert caught.value.exit_code == USAGE


def test_a_wrong_value_in_the_environment_is_said_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="found 'http' for EMOSTREAM_PORT, expected int"):
        settings(tmp_path, environment={"EMOSTREAM_PORT": "http"}).get("port", 8765, int)


@pytest.mark.parametrize("content", [b"port = ", b"\xff\xfe\x00", b"port = 1\nport = 2"])
def test_a_file_that_is_not_toml_is_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(content)
    with pytest.raises(UsageError, match="cannot be read as TOML") as caught:
        Settings({}, file)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_in_the_files_place_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        Settings({}, tmp_path)


def test_the_users_file_is_found_by_xdg(tmp_path: Path) -> None:
    folder = tmp_path / "emostream"
    folder.mkdir()
    (folder / "config.toml").write_text("port = 4321")
    code = "from emostream.commands.settings import Settings; print(Settings.of_user().get('port', 1, int))"
    environment = {"XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path), "PATH": "/usr/bin"}
    shown = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert shown.stdout == "4321\n"


class TestAddOption:
    def parse(self, settings: Settings, *arguments: str) -> argparse.Namespace:
        parser = argparse.ArgumentParser()
        settings.add_option(parser, "--be-right", kind=float)
        settings.add_option(parser, "--format", "text", choices=("text", "jsonl"))
        settings.add_option(parser, "--drift", True, bool, action=argparse.BooleanOptionalAction)
        return parser.parse_args(arguments)

    def test_the_built_in_default(self, tmp_path: Path) -> None:
        assert vars(self.parse(settings(tmp_path))) == {"be_right": None, "format": "text", "drift": True}

    def test_names_in_the_file_and_in_the_environment_follow_from_the_flag(self, tmp_path: Path) -> None:
        of_user = settings(tmp_path, "be_right = 0.7\ndrift = false", {"EMOSTREAM_BE_RIGHT": "0.8"})
        assert vars(self.parse(of_user)) == {"be_right": 0.8, "format": "text", "drift": False}

    def test_the_command_line_comes_first_and_has_the_same_type(self, tmp_path: Path) -> None:
        of_user = settings(tmp_path, 'format = "text"', {"EMOSTREAM_BE_RIGHT": "0.8"})
        parsed = self.parse(of_user, "--be-right", "0.9", "--format", "jsonl", "--no-drift")
        assert vars(parsed) == {"be_right": 0.9, "format": "jsonl", "drift": False}

    def test_a_wrong_choice_is_refused_in_every_place(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="found 'xml' for EMOSTREAM_FORMAT, expected text or jsonl"):
            self.parse(settings(tmp_path, environment={"EMOSTREAM_FORMAT": "xml"}))
        with pytest.raises(SystemExit):
            self.parse(settings(tmp_path), "--format", "xml")


def test_a_list_in_the_file_is_for_settings_that_take_several(tmp_path: Path) -> None:
    hours = settings(tmp_path, 'quiet = ["22:00-07:00", "12:00-13:00"]').get("quiet", None, QuietHours.parse)
    assert str(hours) == "22:00-07:00, 12:00-13:00"
    with pytest.raises(UsageError, match=r"quiet in .*config\.toml: found '22' for --quiet, expected times of day"):
        settings(tmp_path, 'quiet = ["22"]').get("quiet", None, QuietHours.parse)


class TestAddRepeatable:
    def parse(self, settings: Settings, *arguments: str) -> list[str]:
        parser = argparse.ArgumentParser()
        settings.add_repeatable(parser, "--webhook")
        values: list[str] = parser.parse_args(arguments).webhook
        return values

    def test_a_list_or_one_string_in_the_file(self, tmp_path: Path) -> None:
        assert self.parse(settings(tmp_path)) == []
        assert self.parse(settings(tmp_path, 'webhook = ["a", "b"]')) == ["a", "b"]
        assert self.parse(settings(tmp_path, 'webhook = "a"')) == ["a"]

    def test_words_in_the_environment(self, tmp_path: Path) -> None:
        assert self.parse(settings(tmp_path, 'webhook = "a"', {"EMOSTREAM_WEBHOOK": "b  c"})) == ["b", "c"]

    def test_flags_take_the_place_of_both(self, tmp_path: Path) -> None:
        of_user = settings(tmp_path, 'webhook = ["a", "b"]')
        assert self.parse(of_user, "--webhook", "c", "--webhook", "d") == ["c", "d"]
        assert of_user.offered["webhook"].value == ("a", "b")

    def test_what_is_no_list_of_strings_is_refused_with_its_place(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"found \[1\] for webhook in .*config.toml, expected a list of strings"):
            self.parse(settings(tmp_path, "webhook = [1]"))
