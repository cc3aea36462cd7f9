"""``python -m emostream.conformance ws://127.0.0.1:8765/ws``: does a server keep ``docs/protocol.md``?

Exit code 0 if no rule is broken, 1 if one is, 2 for wrong options, 69 if the server cannot be reached.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from websockets.exceptions import InvalidStatus, WebSocketException

from emostream.conformance.suite import Result, as_json, chosen, counts, run
from emostream.conformance.target import Target

TOKEN_VARIABLE = "EMOSTREAM_TOKEN"
UNREACHABLE = 69
_MARKS = {"passed": "pass", "failed": "FAIL", "not run": "not run"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Check a server and print what was found; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m emostream.conformance", description="check a server against the rules of docs/protocol.md"
    )
    parser.add_argument("url", help="the server's socket, such as ws://127.0.0.1:8765/ws")
    parser.add_argument(
        "--token", help=f"the server's token; better in the environment as {TOKEN_VARIABLE}, or in a file"
    )
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="a file that holds the token")
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="this rule alone; * stands for any text"
    )
    parser.add_argument("--slow", action="store_true", help="run those that take more than ten seconds too")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    rules = chosen(options.only)
    if not rules:
        parser.error(
            f"got --only {' '.join(options.only)}, which names no rule: {', '.join(r.name for r in chosen([]))}"
        )
    try:
        token = options.token_file.read_text().strip() if options.token_file else options.token
        target = Target(options.url, token or os.environ.get(TOKEN_VARIABLE))
        with target.connect():
            pass
    except InvalidStatus as refused:
        if refused.response.status_code != 401:
            return _unreachable(options.url, refused)
        print(f"{options.url} refuses the token: give the right one as --token-file", file=sys.stderr)
        return UNREACHABLE
    except ValueError as error:
        parser.error(str(error))
    except (OSError, WebSocketException) as error:
        return _unreachable(options.url, error)
    section = ""

    def show(result: Result) -> None:
        nonlocal section
        if result.rule.section != section:
            section = result.rule.section
            print(f"{section}", flush=True)
        line = f"\n           {result.line}" if result.line else ""
        print(f"  {_MARKS[result.outcome]:8} {result.rule.name}: {result.rule.text}{line}", flush=True)

    results = run(target, rules, waits=options.slow, report=(lambda _: None) if options.json else show)
    found = counts(results)
    if options.json:
        print(as_json(options.url, results))
    else:
        print(", ".join(f"{count} {outcome}" for outcome, count in found.items()))
    return 1 if found["failed"] else 0


def _unreachable(url: str, error: Exception) -> int:
    print(f"{url} cannot be reached ({error}): start the server, or give another address", file=sys.stderr)
    return UNREACHABLE


if __name__ == "__main__":
    sys.exit(main())
