"""`make bench`: the embedded engine beside the pulumi command, and how its own cost grows; sets no limit in seconds.

Goals are ratios of one run on one machine: what the embedded engine takes of the time that the pulumi command takes,
and what its process alone uses for ten times as many resources.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.benchmarks.ground import OPERATIONS, Ground, Used

# at most so much of the pulumi command's time
GOALS: Final = {"up": 0.2, "no change": 1.0, "refresh": 1.2, "destroy": 0.1}
# at most so many times the cost for ten times as many resources
GROWTH: Final = 11.0
TIMES: Final = 10
_MIB: Final = 2**20

Measured = Mapping[str, Used]


def main() -> int:
    """Measure and print; 1 if a goal was missed."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        root = Path(directory)
        own = _embedded(root / "own").measure(arguments.count)
        cli = _pulumi(root / "cli", arguments.count)
        large = None
        if not arguments.no_growth:
            large = _embedded(root / "large").measure(arguments.count * TIMES)
    good = _say_times(arguments.count, own, cli)
    if large is not None:
        good = _say_growth(arguments.count, own, large) and good
    return 0 if good else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="how many resources")
    parser.add_argument(
        "--no-growth", action="store_true", help="leave out the run with ten times more"
    )
    return parser.parse_args()


def _embedded(directory: Path) -> Ground:
    script = Path(__file__).with_name("metered.py")
    return Ground(directory, (sys.executable, str(script)), metered=True)


def _pulumi(directory: Path, count: int) -> Measured | None:
    command = shutil.which("pulumi")
    if command is None:
        return None
    return Ground(directory, (command,), metered=False).measure(count)


def _say_times(count: int, own: Measured, cli: Measured | None) -> bool:
    """Print what each operation took on both engines; whether all goals are met."""
    _row(f"{count} resources", "embedded", "pulumi", "ratio", "goal", "")
    good = True
    for title in OPERATIONS:
        seconds, goal = own[title].seconds, GOALS[title]
        if cli is None:
            _row(title, f"{seconds:.1f} s", "not measured", "", f"{goal:.1f}", "")
            continue
        ratio = seconds / cli[title].seconds
        theirs = f"{cli[title].seconds:.1f} s"
        verdict = _verdict(met=ratio <= goal)
        _row(title, f"{seconds:.1f} s", theirs, f"{ratio:.2f}", f"{goal:.1f}", verdict)
        good = good and ratio <= goal
    return good


def _say_growth(count: int, small: Measured, large: Measured) -> bool:
    """Print what the engine's process alone used for both sizes; whether it grows as the number of resources does."""
    _row("", "", "", "", "", "")
    many = count * TIMES
    _row("engine process alone", f"{count}", f"{many}", "times", "goal", "")
    good = True
    for title in OPERATIONS:
        one, ten = small[title], large[title]
        rows = {
            "CPU": (one.cpu, ten.cpu, "s"),
            "memory": (one.memory / _MIB, ten.memory / _MIB, "MiB"),
        }
        for what, (few, lots, unit) in rows.items():
            times = lots / few
            numbers = (f"{few:.1f} {unit}", f"{lots:.1f} {unit}", f"{times:.1f}")
            verdict = _verdict(met=times <= GROWTH)
            _row(f"{title}, {what}", *numbers, f"{GROWTH:.0f}", verdict)
            good = good and times <= GROWTH
    return good


def _verdict(*, met: bool) -> str:
    return "met" if met else "MISSED"


def _row(title: str, *cells: str) -> None:
    line = f"{title:<22}" + "".join(f"{cell:>14}" for cell in cells)
    sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
