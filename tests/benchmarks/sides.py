"""The two sides of a comparison: plans of this project, and as many resources whose provider does nothing."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from pulumi_esa_emulator.testing import LocalEsa, job, plan
from stacks.prefetch.demo.settings import shielded
from tests.benchmarks.usage import Notes, Used
from tests.lifecycle.faults import START
from tests.support.faces import PLUGIN, make_plugin
from tests.support.local_esa import job_id, plan_id

OPERATIONS: Final = {
    "up": "up",
    "no change": "up",
    "refresh": "refresh",
    "destroy": "destroy",
}
_FLAGS: Final = ("--yes", "--skip-preview", "--non-interactive", "--stack", "bench")
_SECONDS: Final = 3600
# As many properties as a plan has, and written as Pulumi's documentation writes a dynamic provider.
_NULL_PROVIDER: Final = """\
import time
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider

OUTPUTS = dict.fromkeys(("status", "start_time", "end_time", "interval", "slice_len", "starts"), "")


class Nothing(ResourceProvider):
    def create(self, props):
        time.sleep({latency})
        return CreateResult(props["plan_id"], {{**props, **OUTPUTS}})

    def diff(self, id, olds, news):
        return DiffResult(changes=False)

    def read(self, id, props):
        return ReadResult(id, props)

    def delete(self, id, props):
        time.sleep({latency})


class Thing(Resource):
    def __init__(self, name, **inputs):
        super().__init__(Nothing(), name, {{**dict.fromkeys(OUTPUTS), **inputs}})
"""
_PROGRAMS: Final = {
    "null": """\
from nothing import Thing

for n in range({count}):
    ids = {{"plan_id": f"{{n:024x}}", "job_id": f"{{n % {jobs}:024x}}"}}
    Thing(f"plan-{{n}}", desired_state="running", on_destroy="stop", **ids)
""",
    "ours": """\
from pulumi_esa_prefetch import ScheduledPrefetch

for n in range({count}):
    ScheduledPrefetch(f"plan-{{n}}", plan_id="{plan}%08x" % n, job_id="{job}%08x" % (n % {jobs}))
""",
    "native": """\
import pulumi

OUTPUTS = ("status", "startTime", "endTime", "interval", "sliceLen", "starts")


class ScheduledPrefetch(pulumi.CustomResource):
    def __init__(self, name, **inputs):
        props = {{**dict.fromkeys(OUTPUTS), **inputs}}
        super().__init__("esa-prefetch:index:ScheduledPrefetch", name, props)


for n in range({count}):
    ScheduledPrefetch(f"plan-{{n}}", planId="{plan}%08x" % n, jobId="{job}%08x" % (n % {jobs}))
""",
}


@dataclass(frozen=True, kw_only=True)
class Size:
    """How many resources in how many jobs, and how long a call of the other side takes."""

    count: int
    jobs: int = 20
    latency: float = 0.0


class Side:
    """A stack of one kind (`ours`, `null` or `native`) on one engine, in a directory of its own."""

    def __init__(
        self, directory: Path, engine: str, kind: str, size: Size, **settings: object
    ) -> None:
        self._directory = directory
        self._engine = engine
        self._size = size
        for name in ("project", "state", "home"):
            (directory / name).mkdir(parents=True)
        self._notes = Notes(directory)
        self._running = ExitStack()
        self.esa = LocalEsa()
        self._running.callback(self.esa.close)
        self._write(kind, {"maxQps": 10000, **settings})
        if kind != "null":
            self._seed()
        self._run("stack", "init", "bench", "--non-interactive")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def operate(self, title: str, *flags: str) -> Used:
        """Run one of OPERATIONS, and say what it took."""
        return self._run(OPERATIONS[title], *_FLAGS, *flags)

    def seconds_of_starts(self) -> float:
        """The seconds between the first Start and the last; each plan was started once."""
        times = sorted(call.time for call in self.esa.calls(START))
        return (times[-1] - times[0]).total_seconds()

    def _write(self, kind: str, settings: dict[str, object]) -> None:
        listed = ""
        if kind == "native":
            make_plugin(self._directory / "plugin")
            listed = PLUGIN
        program = _PROGRAMS[kind].format(
            count=self._size.count,
            jobs=self._size.jobs,
            plan=plan_id(0)[:-8],
            job=job_id(0)[:-8],
        )
        config = {f"esa-prefetch:{k}": v for k, v in settings.items() if v is not None}
        files = {
            "Pulumi.yaml": f"name: bench\nruntime: python\n{listed}",
            "Pulumi.bench.yaml": json.dumps({"config": config}),
            "nothing.py": _NULL_PROVIDER.format(latency=self._size.latency),
            "__main__.py": program,
        }
        for name, text in files.items():
            (self._directory / "project" / name).write_text(text)

    def _seed(self) -> None:
        jobs = range(self._size.jobs)
        numbers = {j: range(j, self._size.count, self._size.jobs) for j in jobs}
        self.esa.seed(
            *(
                job(
                    *(plan("stopped", id=plan_id(n), end="+3d") for n in mine),
                    id=job_id(j),
                    urls=2_000,
                )
                for j, mine in numbers.items()
            )
        )
        if self._size.latency:
            self.esa.faults({"kind": "stall", "seconds": self._size.latency})

    def _run(self, *arguments: str) -> Used:
        began = time.monotonic()
        done = subprocess.run(
            [self._engine, *arguments],
            cwd=self._directory / "project",
            env=self._environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        used = self._notes.take(time.monotonic() - began)
        if done.returncode:
            words = " ".join(arguments)
            raise SystemExit(f"{words} failed:\n{done.stdout[-2000:]}")
        return used

    def _environ(self) -> dict[str, str]:
        paths: Sequence[str] = (str(self._notes.import_path),)
        return shielded(
            os.environ,
            {
                **self.esa.environment,
                "HOME": str(self._directory / "home"),
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "PULUMI_BACKEND_URL": (self._directory / "state").as_uri(),
                "PULUMI_CONFIG_PASSPHRASE": "bench",
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
                "PULUMI_HOME": str(self._directory / "home/.pulumi"),
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "PYTHONPATH": os.pathsep.join(paths),
            },
        )
