"""Run the benchmark: `make bench`."""

import gc
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.costs import compare_answers, compare_logs
from bench.database import running_database
from bench.measure import Bench, say
from bench.peers import PEERS, through
from bench.pooler import running_pooler
from bench.report import report
from bench.results import Results
from bench.speed import compare_latency, compare_speed, compare_starts, note_memory
from bench.versions import versions
from bench.workload import workload

_BENCH = Path(__file__).resolve().parent
_OURS, _BASE = PEERS["todo-api"], PEERS["fastapi"]


def main() -> None:
    """Measure everything, then write the report and draw the picture."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # by unwinding, or servers would be left
    rounds, seconds = (
        int(os.environ.get(*setting)) for setting in (("ROUNDS", "5"), ("SECONDS", "3"))
    )
    with running_database() as database, TemporaryDirectory() as folder:
        results = Results(
            date=f"{datetime.now(UTC):%Y-%m-%d}",
            command=f"make bench ROUNDS={rounds} SECONDS={seconds}",
            cores=os.cpu_count() or 0,
            versions=versions(database),
            ours=_OURS.name,
            base=_BASE.name,
        )
        operations = workload(Path(folder))
        gc.freeze()  # the requests are many, and looking through them would show as latency
        _measure(Bench(database, operations, Path(folder), rounds, seconds), results)
    _publish(results)


def _measure(bench: Bench, results: Results) -> None:
    peers = list(PEERS.values())
    with (
        running_pooler(bench.database) as pooler,
        bench.serving(peers) as servers,
        bench.serving(list(through(pooler).values())) as pooled,
    ):
        compare_speed(bench, servers + pooled, results)
        compare_latency(bench, servers, results)
        note_memory(servers, results)
    compare_starts(bench, peers, results)
    compare_answers(bench, _OURS, results)
    compare_logs(bench, _OURS, _BASE, results)


def _publish(results: Results) -> None:
    data = _BENCH / "results.json"
    data.write_text(json.dumps(asdict(results), indent=1) + "\n")
    text = report(results)
    (_BENCH / "RESULTS.md").write_text(text)
    draw = [_BENCH / ".venv/bin/python", _BENCH / "picture.py", data, _BENCH / "results.png"]
    subprocess.run(draw, check=True)
    say("done: bench/RESULTS.md, bench/results.json, bench/results.png")
    print(text)


if __name__ == "__main__":
    main()
