"""What a rule of the document is, how a server breaks it, and the list of all rules."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emostream.conformance.target import Target


class BrokenRuleError(Exception):
    """The server does not do what the document says: one line with what was found and what was expected."""


class NotApplicableError(Exception):
    """The rule says nothing about this server, or needs what the suite was not given: one line that says why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``check`` raises ``BrokenRuleError`` or ``NotApplicableError``; ``section`` is the document's.

    ``waits`` is for rules of which the check takes ten seconds or more.
    """

    name: str
    section: str
    text: str
    check: Callable[["Target"], None]
    needs_token: bool = False
    waits: bool = False


RULES: list[Rule] = []
Check = Callable[["Target"], None]


def rule(section: str, text: str, *, needs_token: bool = False, waits: bool = False) -> Callable[[Check], Check]:
    """Add the function to the rules, under its own name."""

    def add(check: Check) -> Check:
        RULES.append(Rule(check.__name__.replace("_", "-"), section, text, check, needs_token, waits))
        return check

    return add


def require(condition: object, found: object, expected: str) -> None:
    """Raise ``BrokenRuleError`` unless the condition holds."""
    if not condition:
        raise BrokenRuleError(f"found {found}, expected {expected}")
