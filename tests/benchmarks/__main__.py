"""`make bench`: all that this project promises about speed, as ratios of one run, held against goals and a baseline.

make bench                          all rows, three rounds each: about an hour on two cores
make bench ONLY="imports calls"     these rows alone
make bench PLANS=100 ROUNDS=1       small, to try it; figures of small runs say little
make bench BASELINE=write           keep the ratios as the baseline, on a quiet machine
"""

import argparse
import json
import sys

from tests.benchmarks.goals import BASELINE, GOALS, read_baseline, verdicts
from tests.benchmarks.rows import ROWS, Bench


def main() -> int:
    """Measure and print; 1 if a goal was missed or a ratio is clearly worse than the baseline."""
    arguments = _arguments()
    bench = Bench(arguments.plans, arguments.rounds, _say)
    for name in arguments.only.split() or ROWS:
        _say(f"{name}: {(ROWS[name].__doc__ or '').strip()}")
        ROWS[name](bench)
    found = list(verdicts(bench.ratios, read_baseline()))
    for verdict in found:
        print(verdict.text())
    for name, why in bench.left_out.items():
        print(f"{name:<22}not run: {why}")
    result = {
        "plans": bench.count,
        "rounds": bench.rounds,
        "ratios": bench.ratios,
        "missed": [one.goal.name for one in found if not one.met],
        "worse": [one.goal.name for one in found if one.worse],
        "notRun": bench.left_out,
        "figures": bench.figures,
    }
    if arguments.json:
        with open(arguments.json, "w") as file:  # noqa: PTH123 - may be /dev/stdout
            json.dump(result, file, indent=2)
    if arguments.baseline == "write":
        kept = {**read_baseline(), **bench.ratios}
        order = {goal.name: kept[goal.name] for goal in GOALS if goal.name in kept}
        BASELINE.write_text(
            json.dumps(
                {
                    "note": f"{bench.rounds} rounds of {bench.count} plans",
                    "ratios": order,
                },
                indent=2,
            )
            + "\n"
        )
    return int(bool(result["missed"] or result["worse"]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--plans", type=int, default=1000, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--only", default="", metavar="ROWS", help=" ".join(ROWS))
    parser.add_argument("--json", default="", metavar="FILE")
    parser.add_argument("--baseline", choices=("compare", "write"), default="compare")
    given = parser.parse_args()
    for name in given.only.split():
        if name not in ROWS:
            parser.error(f"there is no row {name!r}: choose among {', '.join(ROWS)}")
    if given.plans < 10 or given.rounds < 1:
        parser.error("--plans must be at least 10, and --rounds at least 1")
    return given


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
