"""Running the rules one after the other, and what is said of them."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Literal, get_args

from websockets.exceptions import WebSocketException

from emostream.conformance import beside, connecting, errors, events, messages, streams
from emostream.conformance.rules import RULES, BrokenRuleError, NotApplicableError, Rule
from emostream.conformance.target import Target

SECTIONS = (connecting.SECTION, events.SECTION, messages.SECTION, errors.SECTION, beside.SECTION)
assert streams.SECTION in SECTIONS

Outcome = Literal["passed", "failed", "not run"]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one rule; ``line`` says why it failed or was not run."""

    rule: Rule
    outcome: Outcome
    line: str = ""


def chosen(patterns: Iterable[str]) -> list[Rule]:
    """The rules in the order of the document; with patterns (``token-*``) those whose names match one."""
    patterns = list(patterns)
    rules = [rule for rule in RULES if not patterns or any(fnmatch(rule.name, pattern) for pattern in patterns)]
    return sorted(rules, key=lambda rule: SECTIONS.index(rule.section))


def run(target: Target, rules: Iterable[Rule], *, waits: bool, report: Callable[[Result], None]) -> list[Result]:
    """Check each rule and report it at once. Without ``waits`` those that take long are not run."""
    results = []
    for rule in rules:
        results.append(_result(target, rule, waits=waits))
        report(results[-1])
    return results


def _result(target: Target, rule: Rule, *, waits: bool) -> Result:
    if rule.needs_token and target.token is None:
        return Result(rule, "not run", "needs a server with a token, and --token-file")
    if rule.waits and not waits:
        return Result(rule, "not run", "takes more than ten seconds: --slow")
    try:
        rule.check(target)
    except NotApplicableError as reason:
        return Result(rule, "not run", str(reason))
    except BrokenRuleError as broken:
        return Result(rule, "failed", str(broken))
    except (OSError, WebSocketException, ValueError, KeyError) as error:
        # What a check does not expect is against the document as well: a handshake that fails, a body that is no JSON.
        return Result(rule, "failed", f"found {type(error).__name__} ({error}), expected none")
    return Result(rule, "passed")


def counts(results: Iterable[Result]) -> dict[Outcome, int]:
    """How many of each outcome."""
    outcomes = [result.outcome for result in results]
    return {outcome: outcomes.count(outcome) for outcome in get_args(Outcome)}


def as_json(url: str, results: Iterable[Result]) -> str:
    """All results as one JSON object."""
    results = list(results)
    rules = [
        {
            "name": result.rule.name,
            "section": result.rule.section,
            "rule": result.rule.text,
            "outcome": result.outcome,
            **({"line": result.line} if result.line else {}),
        }
        for result in results
    ]
    return json.dumps({"server": url, "protocol": 1, **counts(results), "rules": rules}, indent=1, ensure_ascii=False)
