"""Whether an archive has every file exactly once, however often its processes are killed, and what it costs.

    python -m bench.archive --corpora DIR --out DIR [--hours 20] [--kill-every 60] [--price 0.04] [--skip NAME …]

Makes recordings of 20 s to 40 min from the corpora's clips, with pauses, and some files that are no sound. Reads them
by one process, by two, and by a Ray cluster of two nodes on this machine, as they are and while one process that reads
is killed each minute and the driver once. Each archive is held against that of one process, and that against
``emostream.read``. Writes archive.md into the folder of the benchmarks. What is there already in DIR is made again,
save the recordings. Needs the extras ray and dev.
"""

import argparse
import csv
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import soundfile

import emostream
from tests.support.process_tree import Process, descendants, readers
from tests.support.processes import COMMAND, ROOT, environment
from tests.support.ray_cluster import ENVIRONMENT, RayCluster, ray_cluster

HZ = 16_000
SHORTEST_S, LONGEST_S = 20, 2400
LEAST_FILES = 20
PAUSE_S = (0.2, 2.0)
NOISE_DBFS = -60.0
ACTOR = "ray::MapWorker"
N_BAD = 3
HOURS = 10_000


@dataclass(slots=True)
class Run:
    """What a run took; ``cpu_s`` is of all processes that it had, ``reader_mb`` the most that one which read had."""

    name: str
    wall_s: float = 0.0
    cpu_s: float = 0.0
    reader_mb: float = 0.0
    actor_mb: float = 0.0
    killed: int = 0
    driver_killed: int = 0
    wrong: list[str] = field(default_factory=list)
    n_files: int = 0
    n_errors: int = 0
    n_parts: int = 0


def main() -> None:
    """Make the recordings, run all, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, required=True, help="the folder with clips.tsv")
    parser.add_argument("--out", type=Path, required=True, help="a folder for recordings and archives")
    parser.add_argument("--hours", type=float, default=20)
    parser.add_argument("--kill-every", type=float, default=60, help="seconds from one killed process to the next")
    parser.add_argument("--price", type=float, default=0.04, help="of an hour of one core")
    parser.add_argument("--skip", nargs="*", default=[], help="names of runs to leave out")
    arguments = parser.parse_args()
    manifest, seconds = make_recordings(arguments.corpora, arguments.out, arguments.hours)
    load = os.getloadavg()[0]
    runs = [
        run(name, manifest, arguments.out, jobs, arguments.kill_every if is_killed else math.inf)
        for name, jobs, is_killed in (
            ("one process", 1, False),
            ("two processes", 2, False),
            ("two processes, killed", 2, True),
            ("Ray, two nodes", None, False),
            ("Ray, two nodes, killed", None, True),
        )
        if name not in arguments.skip
    ]
    compare_with_reading(manifest, arguments.out / "one process", runs[0])
    text = report(runs, seconds, load, arguments)
    (Path(__file__).parent / "archive.md").write_text(text, encoding="utf-8")
    print(text)


# ---------------------------------------------------------------------------------------------- recordings


def make_recordings(corpora: Path, out: Path, hours: float) -> tuple[Path, float]:
    """A manifest of recordings that last so long together, and their seconds."""
    folder = out / f"recordings-{hours:g}"
    manifest = folder / "manifest.csv"
    if not manifest.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with (corpora / "clips.tsv").open(encoding="utf-8") as file:
            clips = [corpora / row["path"] for row in csv.DictReader(file, delimiter="\t")]
        rng = np.random.default_rng(0)
        rows, left_s = [], hours * 3600
        longest_s = min(LONGEST_S, left_s / LEAST_FILES)
        while left_s > 0:
            wanted_s = min(left_s, math.exp(rng.uniform(math.log(SHORTEST_S), math.log(longest_s))))
            rows.append((f"{len(rows):04}.flac", f"speaker {rng.integers(20)}"))
            left_s -= make_recording(folder / rows[-1][0], clips, wanted_s, rng)
        for number in range(N_BAD):
            (folder / f"bad-{number}.wav").write_text("Dear diary, today I was happy.")
            rows.append((f"bad-{number}.wav", ""))
        with (folder / "unfinished").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("file", "speaker"), *rows])
        (folder / "unfinished").rename(manifest)
    return manifest, sum(soundfile.info(path).duration for path in folder.glob("*.flac"))


def make_recording(path: Path, clips: Sequence[Path], wanted_s: float, rng: np.random.Generator) -> float:
    """Clips one after the other in a quiet room's noise, clip by clip: it may be a long one. Returns its seconds."""
    done_s = 0.0
    with soundfile.SoundFile(path, "w", HZ, 1) as file:
        while done_s < wanted_s:
            samples, rate_hz = soundfile.read(clips[rng.integers(len(clips))], dtype="float32", always_2d=True)
            if rate_hz != HZ:
                continue
            pause = np.zeros(round(rng.uniform(*PAUSE_S) * HZ), np.float32)
            piece = np.concatenate([samples[:, 0], pause])
            noise = rng.standard_normal(len(piece)) * 10 ** (NOISE_DBFS / 20)
            file.write(np.clip(piece + noise, -1, 1).astype(np.float32))
            done_s += len(piece) / HZ
    return done_s


# ---------------------------------------------------------------------------------------------------- runs


def run(name: str, manifest: Path, out: Path, jobs: int | None, kill_every_s: float) -> Run:
    """One archive, from nothing; a command whose process was killed is begun again."""
    print(f"{name} …", flush=True)
    done = Run(name)
    folder = out / name
    shutil.rmtree(folder, ignore_errors=True)
    with ray_cluster() if jobs is None else nullcontext() as cluster:
        command = [*COMMAND, "archive", str(manifest), "--out", str(folder)]
        if cluster is None:
            command += ["--jobs", str(jobs)]
        else:
            command += ["--engine", "ray", "--cluster", cluster.address]
        began_s = time.monotonic()
        with (out / f"{name}.log").open("w") as log:
            drive(command, log, done, cluster, kill_every_s)
        done.wall_s = time.monotonic() - began_s
    check(done, manifest, folder, out / "one process")
    print(done, flush=True)
    return done


def drive(command: Sequence[str], log: object, done: Run, cluster: RayCluster | None, kill_every_s: float) -> None:
    """Run a command to its end, killing what is to be killed; again, where it was killed itself."""
    nodes = cluster.pids if cluster else ()
    is_over = False
    while not is_over:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(ENVIRONMENT), stdout=log, stderr=subprocess.STDOUT
        )
        with watched(done, lambda pid=process.pid: [pid, *nodes]):
            is_over = not kills(done, process, nodes, kill_every_s)
        if is_over and process.returncode != 66:  # of the files that are no sound
            done.wrong.append(f"exit code {process.returncode}")


def kills(done: Run, process: subprocess.Popen[bytes], nodes: Sequence[int], every_s: float) -> bool:
    """Kill a process that reads, or its actor, so often, and once the command itself; whether it was killed."""
    rng = random.Random(0)
    due_s = time.monotonic() + every_s
    while process.poll() is None:
        time.sleep(0.2)
        if time.monotonic() < due_s:
            continue
        due_s += every_s
        if done.killed == 2 and not done.driver_killed:
            process.kill()
            process.wait()
            done.driver_killed += 1
            return True
        roots = [process.pid, *nodes]
        targets = readers(roots)
        if done.killed % 2 and nodes:
            targets = [one for one in descendants(roots) if ACTOR in one.name] or targets
        if targets:
            with suppress(ProcessLookupError):
                os.kill(rng.choice(targets).pid, signal.SIGKILL)
                done.killed += 1
    return False


@contextmanager
def watched(done: Run, roots: Callable[[], list[int]]) -> Iterator[None]:
    """Look at the processes while the block runs: what CPU and memory they took."""
    last: dict[int, Process] = {}
    first: dict[int, float] = {}
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.5):
            for one in descendants(roots()):
                first.setdefault(one.pid, one.cpu_s if one.pid in roots()[1:] else 0.0)
                last[one.pid] = one
                if ACTOR in one.name:
                    done.actor_mb = max(done.actor_mb, one.peak_mb)
            for one in readers(roots()):
                done.reader_mb = max(done.reader_mb, one.peak_mb)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        done.cpu_s += sum(one.cpu_s - first[pid] for pid, one in last.items())


# --------------------------------------------------------------------------------------------------- checks


def check(done: Run, manifest: Path, folder: Path, reference: Path) -> None:
    """Each file once, in the right table, and with the utterances of the archive that one process made."""
    with manifest.open(encoding="utf-8") as file:
        named = Counter(str(manifest.parent / row["file"]) for row in csv.DictReader(file))
    good = Counter({name: n for name, n in named.items() if name.endswith(".flac")})
    files, errors = sources(folder, "files"), sources(folder, "errors")
    done.n_files, done.n_errors = files.total(), errors.total()
    done.n_parts = len(list((folder / "files").iterdir()))
    if files != good:
        done.wrong.append(f"files: {(good - files).total()} missing, {(files - good).total()} too many")
    if errors != named - good:
        done.wrong.append("errors are others")
    if utterances(folder) != utterances(reference):
        done.wrong.append("utterances are others")


def sources(folder: Path, table: str) -> Counter[str]:
    """How often each source is in a table."""
    return Counter(source for (source,) in duckdb.sql(f"SELECT source FROM '{folder}/{table}/*.parquet'").fetchall())


def utterances(folder: Path) -> list[tuple[object, ...]]:
    """All rows, in order."""
    return duckdb.sql(f"SELECT * FROM '{folder}/utterances/*.parquet' ORDER BY source, utterance").fetchall()


def compare_with_reading(manifest: Path, folder: Path, done: Run) -> None:
    """The shortest files, against ``emostream.read``."""
    for path in sorted(manifest.parent.glob("*.flac"), key=lambda path: path.stat().st_size)[:3]:
        query = f"SELECT start_s, end_s, label FROM '{folder}/utterances/*.parquet' WHERE source = '{path}' ORDER BY 1"
        expected = [
            (one.start_ms / 1000, one.end_ms / 1000, one.label) for one in emostream.read(path).timeline.utterances
        ]
        if duckdb.sql(query).fetchall() != expected:
            done.wrong.append(f"{path.name} is not what emostream.read says")


# --------------------------------------------------------------------------------------------------- report


COLUMNS = (
    "",
    "s",
    "x real time",
    "of one process",
    "CPU s for an hour of audio",
    "MB, a process that reads",
    "MB, Ray's around it",
    "killed: readers + driver",
    "files + errors",
    "wrong",
)


def report(runs: Sequence[Run], seconds: float, load: float, arguments: argparse.Namespace) -> str:
    """The page."""
    hours, one = seconds / 3600, runs[0]
    core_hours = one.cpu_s / seconds * HOURS
    rows = [
        (
            done.name,
            f"{done.wall_s:,.0f}",
            f"{seconds / done.wall_s:,.1f}",
            f"{one.wall_s / done.wall_s:.2f}",
            f"{done.cpu_s / hours:,.0f}",
            f"{done.reader_mb:.0f}",
            f"{done.actor_mb:.0f}" if done.actor_mb else "—",
            f"{done.killed} + {done.driver_killed}",
            f"{done.n_files} + {done.n_errors} in {done.n_parts} parts",
            "; ".join(done.wrong) or "none",
        )
        for done in runs
    ]
    read = f"{hours:.2f} hours in {one.n_files} recordings, and {one.n_errors} files that are no sound"
    command = f"python -m bench.archive --hours {arguments.hours:g} --kill-every {arguments.kill_every:g}"
    return f"""# Archives

`{command}`, {time.strftime("%-d %B %Y")}, {os.cpu_count()} cores of x86-64, a load of {load:.1f} at the beginning and
{os.getloadavg()[0]:.1f} at the end: {read}.

| {" | ".join(COLUMNS)} |
|---{"|--:" * (len(COLUMNS) - 3)}|---|---|
{chr(10).join(f"| {' | '.join(row)} |" for row in rows)}

Where other work runs beside it, seconds and speeds say little, and CPU time says what it costs. Wrong would be a file
that is missing, twice, or in the other table, and an utterance that is not as one process alone has it. What one
process has of the three shortest files is held against `emostream.read`. CPU is of all processes, with their starts and
those that were killed; Ray's own processes count from the moment on at which the cluster runs.

{HOURS:,} hours are {core_hours:,.0f} hours of a core at the CPU time of one process:
{core_hours * arguments.price:,.2f} at a price of {arguments.price:g} for an hour of a core.
"""


if __name__ == "__main__":
    sys.exit(main())
