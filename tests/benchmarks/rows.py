"""What `make bench` measures: each row gives ratios by the names of the goals, and the figures behind them."""

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from tests.benchmarks.reports import REPORTS, Documents
from tests.benchmarks.sides import OPERATIONS, Side, Size
from tests.benchmarks.usage import Used
from tests.support.engines import ENGINES, ESA_PREFETCH

LATENCY: Final = 0.05
_PARALLEL: Final = "--parallel=32"  # for the native face, which has no other limit
_MB: Final = 1_000_000
_HOST: Final = (
    "pulumi_esa_prefetch.provider.hooks",
    "pulumi_esa_prefetch.provider.completion",
)


@dataclass
class Bench:
    """The size of all rows, and what they have measured; `say` shows progress."""

    count: int
    rounds: int
    say: Callable[[str], None]
    ratios: dict[str, float] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def ratio(self, name: str, of: float, to: float) -> None:
        """Note a ratio."""
        self.ratios[name] = round(of / to, 4)
        self.say(f"  {name}: {of:.3g} / {to:.3g} = {of / to:.3g}")

    def life(
        self, kind: str, engine: str = ESA_PREFETCH, *flags: str, **size: Any
    ) -> dict[str, Used]:
        """Median of the rounds of a whole life of one side."""
        settings = size.pop("settings", {})
        seen = []
        for _ in range(self.rounds):
            with _side(
                kind, engine, Size(**{"count": self.count, **size}), settings
            ) as s:
                seen.append({title: s.operate(title, *flags) for title in OPERATIONS})
        middle = {title: _middle([one[title] for one in seen]) for title in OPERATIONS}
        name = f"{kind} {Path(engine).name} {size}"
        self.figures[name] = {title: asdict(one) for title, one in middle.items()}
        return middle


def table(bench: Bench) -> None:
    """1,000 plans against as many resources whose provider does nothing, and against the pulumi command."""
    ours, null = bench.life("ours"), bench.life("null")
    for title in OPERATIONS:
        bench.ratio(f"{title}/null", ours[title].seconds, null[title].seconds)
    command = ENGINES["pulumi"]
    if command is None:
        bench.left_out["*/cli"] = "the pulumi command is not on PATH"
        return
    cli = bench.life("ours", command)
    for title in OPERATIONS:
        if title != "destroy":
            bench.ratio(f"{title}/cli", ours[title].seconds, cli[title].seconds)


def latency(bench: Bench) -> None:
    """The same where each call of ESA, and each of the other provider, takes 50 ms."""
    ours = bench.life("ours", latency=LATENCY)
    null = bench.life("null", latency=LATENCY)
    for title in ("up", "destroy"):
        name = f"{title}/null 50 ms"
        bench.ratio(name, ours[title].seconds, null[title].seconds)


def quota(bench: Bench) -> None:
    """With the default rate, against the time that the quota allows for so many Starts."""
    seconds = []
    for _ in range(bench.rounds):
        with _side(
            "ours", ESA_PREFETCH, Size(count=bench.count), {"maxQps": None}
        ) as s:
            s.operate("up")
            seconds.append(s.seconds_of_starts())
    bench.ratio("up/quota", median(seconds), bench.count / 30)


def faces(bench: Bench) -> None:
    """The native face against the dynamic one."""
    for seconds, name in ((LATENCY, "native/dynamic 50 ms"), (0.0, "native/dynamic")):
        took = {}
        for kind in ("native", "ours"):
            runs = []
            for _ in range(bench.rounds):
                size = Size(count=bench.count, latency=seconds)
                with _side(kind, ESA_PREFETCH, size, {}) as side:
                    runs.append(side.operate("up", _PARALLEL).seconds)
            took[kind] = median(runs)
        bench.ratio(name, took["native"], took["ours"])


def growth(bench: Bench) -> None:
    """A tenth as many, and ten times as many: CPU and memory must not grow faster than the number."""
    used = {}
    for count in (bench.count // 10, bench.count, bench.count * 10):
        size = Size(count=count)
        with _side("ours", ESA_PREFETCH, size, {}) as side:
            used[count] = side.operate("up")
        bench.figures[f"growth {count}"] = asdict(used[count])
        bench.say(
            f"  {count}: {used[count].cpu} CPU seconds, {used[count].memory} bytes"
        )
    few, some, many = used.values()
    bench.ratio("growth 100", some.cpu["engine"] / 10, few.cpu["engine"])
    bench.ratio("growth 1000", many.cpu["engine"] / 10, some.cpu["engine"])
    bench.ratio("program 1000", many.cpu["program"] / 10, some.cpu["program"])
    most = [max(one.memory.values()) for one in (some, many)]
    bench.ratio("memory 1000", most[1] / 10, most[0])


def cold(bench: Bench) -> None:
    """A new stack of seven plans, from nothing to its second up, by this engine and by the pulumi command."""
    command = ENGINES["pulumi"]
    if command is None:
        bench.left_out["make up/cli"] = "the pulumi command is not on PATH"
        return
    took: dict[str, list[float]] = {ESA_PREFETCH: [], command: []}
    for _ in range(bench.rounds):
        for engine, seconds in took.items():
            began = time.monotonic()
            with _side("ours", engine, Size(count=7, jobs=2), {}) as side:
                side.operate("up")
            seconds.append(time.monotonic() - began)
    bench.ratio("make up/cli", median(took[ESA_PREFETCH]), median(took[command]))


def reports(bench: Bench) -> None:
    """Each report of ten times as many plans, in few jobs and in many."""
    slowest = largest = 0.0
    for jobs in (20, 500):
        with tempfile.TemporaryDirectory(prefix="bench-") as root:
            documents = Documents(Path(root) / "documents", bench.count * 10, jobs)
            for name in REPORTS:
                runs = [documents.report(name) for _ in range(bench.rounds)]
                one = _middle(runs)
                bench.figures[f"{name}, {jobs} jobs"] = asdict(one)
                slowest = max(slowest, one.seconds)
                largest = max(largest, *one.memory.values())
    bench.ratio("report seconds", slowest, 1)
    bench.ratio("report megabytes", largest / _MB, 1)


def imports(bench: Bench) -> None:
    """The CPU of what the provider's host imports, above `pulumi.dynamic`, in new processes."""
    sdk = [_cpu_of("import pulumi.dynamic") for _ in range(3 * bench.rounds)]
    names = ", ".join(("pulumi.dynamic", *_HOST))
    host = [_cpu_of(f"import {names}") for _ in range(3 * bench.rounds)]
    # The least of several: other load on the machine only adds to it.
    bench.ratio("imports", min(host) - min(sdk), min(sdk))


def calls(bench: Bench) -> None:
    """A signed call of our client against the official SDK, again and again, and the first one with its imports."""
    from tests.benchmarks import signed_calls  # noqa: PLC0415 - the SDK takes a second to import

    with signed_calls.server() as endpoint:
        again = signed_calls.repeated(endpoint, 100 * bench.rounds)
        bench.ratio("call/sdk", again["ours"], again["sdk"])
        first = {
            name: min(_cpu_of(script) for _ in range(2 * bench.rounds))
            for name, script in signed_calls.scripts(endpoint).items()
        }
        bench.ratio("first call/sdk", first["ours"], first["sdk"])


def servers(bench: Bench) -> None:
    """The CPU of a signed request in the emulator and in moto's server, each in a process of its own."""
    from tests.benchmarks import signed_requests  # noqa: PLC0415 - needs the extra `bench`

    missing = signed_requests.missing()
    if missing:
        bench.left_out["emulator/moto"] = missing
        return
    seen = [signed_requests.cpu_per_request(300) for _ in range(bench.rounds)]
    bench.ratio(
        "emulator/moto",
        median(one["emulator"] for one in seen),
        median(one["moto"] for one in seen),
    )


ROWS: Final[Mapping[str, Callable[[Bench], None]]] = {
    one.__name__: one
    for one in (
        *(imports, calls, servers, reports, cold, table, latency, quota, faces),
        growth,
    )
}


@contextmanager
def _side(
    kind: str, engine: str, size: Size, settings: Mapping[str, object]
) -> Iterator[Side]:
    root = tempfile.mkdtemp(prefix="bench-")
    try:
        with Side(Path(root) / "side", engine, kind, size, **settings) as side:
            yield side
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _middle(runs: list[Used]) -> Used:
    """The median of each figure."""
    return Used(
        median(one.seconds for one in runs),
        {role: median(one.cpu.get(role, 0) for one in runs) for role in runs[0].cpu},
        {
            role: int(median(one.memory.get(role, 0) for one in runs))
            for role in runs[0].memory
        },
    )


def _cpu_of(script: str) -> float:
    """CPU seconds of a new process that runs it and ends."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", script], check=True, stdout=subprocess.DEVNULL
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
