"""An option's default: ``EMOSTREAM_*`` in the environment over ``config.toml`` over the built-in one."""

import argparse
import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_config_path

from emostream.errors import UsageError

_PREFIX = "EMOSTREAM_"


@dataclass(frozen=True, slots=True)
class Setting:
    """What an option is without a flag; ``origin`` is ``default``, a variable of the environment, or the file."""

    name: str
    value: Any
    origin: str


class Settings:
    """Looks options up by name: ``port`` is ``EMOSTREAM_PORT`` in the environment and ``port`` in the file.

    ``offered`` has the settings that were asked for. What is wrong raises ``UsageError``, or, unless ``is_strict``, is
    kept in ``problems`` and counts as not set.
    """

    def __init__(self, environment: Mapping[str, str], file: Path, *, is_strict: bool = True) -> None:
        self.file = file
        self.offered: dict[str, Setting] = {}
        self.problems: list[UsageError] = []
        self._environment = environment
        self._is_strict = is_strict
        self._values: dict[str, Any] = {}
        try:
            self._values = _read(file)
        except UsageError as error:
            self._report(error)

    @classmethod
    def of_user(cls, *, is_strict: bool = True) -> "Settings":
        """The settings of whoever runs this process. Raises ``UsageError`` for a file that is not TOML, if strict."""
        return cls(os.environ, user_config_path("emostream") / "config.toml", is_strict=is_strict)

    def anew(self) -> "Settings":
        """The same, asked for nothing yet, and not strict."""
        return Settings(self._environment, self.file, is_strict=False)

    @property
    def given(self) -> dict[str, str]:
        """What somebody set, known or not: its name, and for people where it stands."""
        outside = "where settings stand outside of tables,"
        in_file = {
            name: f"the table [{name}] in {self.file}, {outside}"
            if isinstance(value, dict)
            else f"{name} in {self.file}"
            for name, value in self._values.items()
        }
        variables = (name for name in self._environment if name.startswith(_PREFIX))
        return in_file | {name.removeprefix(_PREFIX).lower(): name for name in variables}

    def get(self, name: str, default: Any, kind: Callable[[str], Any] = str, choices: Sequence[str] = ()) -> Any:
        """The value of an option, made a ``kind``, and one of ``choices`` if there are any.

        Raises ``UsageError`` that says where a wrong value stands.
        """
        variable = f"{_PREFIX}{name.upper()}"
        setting = Setting(name, default, "default")
        try:
            if variable in self._environment:
                setting = Setting(name, _convert(self._environment[variable], kind, choices, variable), variable)
            elif name in self._values:
                value = _convert(self._values[name], kind, choices, f"{name} in {self.file}")
                setting = Setting(name, value, str(self.file))
        except UsageError as error:
            self._report(error)
        self.offered[name] = setting
        return setting.value

    def get_list(self, name: str) -> list[str]:
        """The value of an option that may be repeated: of the environment the words, of the file a list or one string.

        Raises ``UsageError`` that says where a wrong value stands.
        """
        variable = f"{_PREFIX}{name.upper()}"
        setting = Setting(name, (), "default")
        if variable in self._environment:
            setting = Setting(name, tuple(self._environment[variable].split()), variable)
        elif name in self._values:
            given = self._values[name]
            values = given if isinstance(given, list) else [given]
            if all(isinstance(value, str) for value in values):
                setting = Setting(name, tuple(values), str(self.file))
            else:
                self._report(UsageError(f"found {given!r} for {name} in {self.file}, expected a list of strings"))
        self.offered[name] = setting
        return list(setting.value)

    def offer_secret(self, name: str) -> None:
        """A variable of the environment that is no option, so that no list of processes shows it."""
        variable = f"{_PREFIX}{name.upper()}"
        if variable in self._environment:
            self.offered[name] = Setting(name, "(hidden)", variable)

    def secret(self, name: str) -> str | None:
        """The value of such a variable; None where it is not set."""
        return self._environment.get(f"{_PREFIX}{name.upper()}")

    def add_option(
        self,
        parser: argparse._ActionsContainer,
        flag: str,
        default: Any = None,
        kind: Callable[[str], Any] = str,
        *,
        choices: Sequence[str] = (),
        **options: Any,
    ) -> None:
        """Add ``flag`` to a parser or a group; its default, type and choices are those of ``get`` by the same name.

        ``--be-right`` is ``EMOSTREAM_BE_RIGHT`` in the environment and ``be_right`` in the file. ``options`` are those
        of ``add_argument``; a ``bool`` needs an ``action``. Raises as ``get`` does.
        """
        options["default"] = self.get(flag.removeprefix("--").replace("-", "_"), default, kind, choices)
        if kind is not bool:
            options["type"] = kind
        if choices:
            options["choices"] = choices
        parser.add_argument(flag, **options)

    def add_repeatable(
        self, parser: argparse._ActionsContainer, flag: str, *, is_secret: bool = False, **options: Any
    ) -> None:
        """Add a ``flag`` that may be repeated; flags take the place of what ``get_list`` gives by the same name.

        No list of settings shows a value that ``is_secret``.
        """
        name = flag.removeprefix("--").replace("-", "_")
        default = self.get_list(name)
        if is_secret and default:
            self.offered[name] = Setting(name, "(hidden)", self.offered[name].origin)
        parser.add_argument(flag, action=_Repeatable, default=default, **options)

    def _report(self, error: UsageError) -> None:
        if self._is_strict:
            raise error
        self.problems.append(error)


class _Repeatable(argparse.Action):
    """As ``append``, but the first flag takes the place of the default."""

    def __call__(
        self, _parser: argparse.ArgumentParser, namespace: argparse.Namespace, value: Any, _flag: str | None = None
    ) -> None:
        values = getattr(namespace, self.dest)
        setattr(namespace, self.dest, [value] if values is self.default else [*values, value])


def _read(file: Path) -> dict[str, Any]:
    try:
        # Editors on Windows write a byte order mark first.
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file} cannot be read as TOML: {error}; mend it or move it away") from error


def _convert(value: Any, kind: Callable[[str], Any], choices: Sequence[str], where: str) -> Any:
    if choices and value not in choices:
        raise UsageError(f"found {value!r} for {where}, expected {' or '.join(choices)}")
    if kind is bool:
        if str(value).lower() in {"1", "true", "yes", "on"}:
            return True
        if str(value).lower() in {"0", "false", "no", "off", ""}:
            return False
        raise UsageError(f"found {value!r} for {where}, expected true or false")
    try:
        # By way of text, so that the file is held to what the environment is: int(1.5) would be 1.
        takes_list = isinstance(value, list) and not isinstance(kind, type)
        return kind(",".join(map(str, value)) if takes_list else str(value))
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from error
    except (TypeError, ValueError) as error:
        raise UsageError(f"found {value!r} for {where}, expected {kind.__name__}") from error
