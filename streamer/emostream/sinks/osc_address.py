"""Where each value goes in Open Sound Control, which has no addresses of its own for emotions."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from emostream.errors import UsageError

DEFAULT_PORT = 9000
DEFAULT_TEMPLATE = "/emostream/{name}"
VRCHAT_TEMPLATE = "/avatar/parameters/Emostream{Name}"
# What a label's value is called may be anything that a card has; these are ours.
NAMES = (
    *("label", "label_index", "confidence", "speech", "level_dbfs", "level", "microphone"),
    *("utterance", "utterance_index", "arousal"),
)
_NOT_IN_ADDRESSES = re.compile(r"[\s#*,?\[\]{}/]")


@dataclass(frozen=True)
class OscAddresses:
    """The addresses by template: ``{name}`` is ``level_dbfs``, ``{Name}`` is ``LevelDbfs``; ``single`` has exceptions.

    With ``is_avatar`` they are VRChat's parameters: text is not sent, and what is true or false is sent as that and not
    as 1 or 0.
    """

    template: str = DEFAULT_TEMPLATE
    single: dict[str, str] = field(default_factory=dict)
    is_avatar: bool = False

    def of(self, name: str) -> str:
        """The address of a value, ``label`` or a label such as ``angry``."""
        plain = _NOT_IN_ADDRESSES.sub("_", name)
        words = "".join(word[:1].upper() + word[1:] for word in re.split(r"[_\-]", plain))
        return self.single.get(name, self.template).replace("{name}", plain).replace("{Name}", words)


def addresses_of(given: Iterable[str], *, vrchat: bool = False) -> OscAddresses:
    """The addresses for ``TEMPLATE`` and ``NAME=ADDRESS`` as given. Raises ``UsageError``."""
    template, single = VRCHAT_TEMPLATE if vrchat else DEFAULT_TEMPLATE, {}
    for text in given:
        name, equals, address = text.partition("=")
        if not equals:
            name, address = "", text
        if not address.startswith("/") or _NOT_IN_ADDRESSES.search(re.sub(r"\{[nN]ame\}|/", "", address)):
            raise UsageError(f"found the OSC address {address!r}, expected one like /emostream/{{name}}")
        if name:
            single[name] = address
        elif address == address.replace("{name}", "").replace("{Name}", ""):
            raise UsageError(f"found the OSC address {address!r} for all values, expected {{name}} or {{Name}} in it")
        else:
            template = address
    return OscAddresses(template, single, is_avatar=vrchat)


def host_and_port(text: str) -> tuple[str, int]:
    """``HOST``, ``HOST:PORT`` or ``[IPv6]:PORT``. Raises ``UsageError``."""
    parts = re.fullmatch(r"(?:\[([^\]]+)\]|([^:\s]+))(?::(\d{1,5}))?", text)
    port = int(parts[3] or DEFAULT_PORT) if parts else 0
    if parts is None or not 0 < port < 65_536:
        raise UsageError(f"found {text!r} for --osc, expected HOST or HOST:PORT")
    return parts[1] or parts[2], port
