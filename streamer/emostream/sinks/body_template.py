"""What a webhook is sent: an event as it is, or a template of one's own with the event's fields in it."""

import json
from collections.abc import Collection, Mapping
from string import Template
from typing import Any

import msgspec

from emostream.errors import UsageError
from emostream.events import TYPES, Event, VoiceMeasures
from emostream.sinks.wording import UNSURE

JSON, TEXT = "application/json", "text/plain; charset=utf-8"
# Fields that a template may have beside those of the event.
_OURS = ("type", "source", "event", "percent")


class _Placeholders(Template):
    """``${name}`` alone is a placeholder: a ``$`` elsewhere is a dollar."""

    idpattern = r"(?!)"
    braceidpattern = r"[^{}$]+"


class _Fields(dict[str, Any]):
    """Fields as text; there is none for what an event does not have."""

    def __missing__(self, name: str) -> str:
        return UNSURE if name == "label" else ""

    def as_text(self) -> "_Fields":
        return _Fields({name: _text(value) for name, value in self.items() if value is not None})


class BodyTemplate:
    """A text with ``${field}`` in it: ``label``, ``confidence``, ``percent``, ``p.angry``, ``voice.pitch_hz``, ….

    ``source`` is the microphone's name, ``event`` the whole event. A text that begins with ``{`` or ``[`` is JSON, and
    so is what comes of it: a string that is one placeholder and nothing else becomes the field with its type (null
    where the event has none), in others the field stands as text. ``label`` as text is ``unsure`` where there is none.

    Raises ``UsageError`` for JSON that is none and for fields that none of the ``types`` of events has; ``name`` says
    whose template it is.
    """

    def __init__(self, text: str, types: Collection[str], name: str) -> None:
        self._tree: Any = text
        self.content_type = TEXT
        if text.lstrip().startswith(("{", "[")):
            self.content_type = JSON
            try:
                self._tree = json.loads(text)
            except ValueError as error:
                raise UsageError(f"{name} begins as JSON and is none: {error}") from error
        known = {*_OURS, *(field.name for kind in types for field in msgspec.structs.fields(TYPES[kind]))}
        known |= {f"voice.{field.name}" for field in msgspec.structs.fields(VoiceMeasures)}
        for found in _Placeholders(text).get_identifiers():
            if found not in known and not found.startswith(("p.", "share.")):
                raise UsageError(
                    f"found ${{{found}}} in {name}, expected p.LABEL or some of {', '.join(sorted(known))}"
                )

    def render(self, fields: Mapping[str, Any]) -> bytes:
        """The body, UTF-8."""
        if self.content_type == JSON:
            return json.dumps(_filled(self._tree, _Fields(fields))).encode("ascii")
        return _Placeholders(self._tree).safe_substitute(_Fields(fields).as_text()).encode("utf-8", "replace")


def fields_of(event: Event, source: str) -> dict[str, Any]:
    """What templates have of an event: its fields, those of ``p``, ``voice`` and ``share`` by ``p.angry`` and so on."""
    whole = msgspec.to_builtins(event) | {"source": source}
    nested = {
        f"{name}.{inner}": value
        for name, values in whole.items()
        if isinstance(values, dict)
        for inner, value in values.items()
    }
    percent = {"percent": round(100 * whole["confidence"])} if "confidence" in whole else {}
    return {**whole, **nested, **percent, "event": whole}


def _filled(tree: Any, fields: _Fields) -> Any:
    if isinstance(tree, dict):
        return {key: _filled(value, fields) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_filled(value, fields) for value in tree]
    if not isinstance(tree, str):
        return tree
    names = _Placeholders(tree).get_identifiers()
    if len(names) == 1 and tree == f"${{{names[0]}}}":
        return fields.get(names[0])
    return _Placeholders(tree).safe_substitute(fields.as_text())


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
