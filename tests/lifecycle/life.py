"""Lets rows of the decision table live on one stack, and says what went otherwise; decides nothing."""

from collections.abc import Iterator, Sequence

from tests.lifecycle.conftest import Emulators, Stacks
from tests.lifecycle.esa import Document, Esa, job, job_id, plan, plan_id, seed
from tests.lifecycle.rows import Phase, Row, Step
from tests.lifecycle.stack import Result, Stack

COMMANDS: dict[Phase, tuple[str, ...]] = {
    "create": ("up",),
    "drift": ("up", "--refresh"),
    "change": ("up",),
    "destroy": ("destroy",),
}


class Life:
    """One stack that carries all rows, and an ESA that is told the truth of each phase."""

    def __init__(
        self,
        rows: Sequence[Row],
        emulator: Emulators,
        stack: Stacks,
        dialects: Sequence[str] = (),
        faults: Document | None = None,
    ) -> None:
        self._plans = {
            row.name: Plan(number, row) for number, row in enumerate(rows, 1)
        }
        self._emulator = emulator
        self._stacks = stack
        self._stack: Stack | None = None
        self._dialects = dialects
        self._faults = faults

    def live(self, phase: Phase) -> list[str]:
        """Live through one phase, and return a line for everything that went otherwise."""
        for one in self._plans.values():
            one.begin(phase)
        esa = self._emulator(self._seed(), dialects=self._dialects, faults=self._faults)
        result = self._run(phase, esa)
        wrong = [
            line
            for one in self._plans.values()
            for line in self._wrong(one, result, esa)
        ]
        if result.code != int(any(one.step.error for one in self._plans.values())):
            wrong.append(f"exit code {result.code}")
        return [*wrong, result.output] if wrong else []

    def _run(self, phase: Phase, esa: Esa) -> Result:
        self._stack = stack = self._stack or self._stacks(esa)
        stack.variables["ESA_ENDPOINT"] = esa.endpoint
        declared = {
            name: one.declared() for name, one in self._plans.items() if one.is_declared
        }
        # A check would refuse a plan that does not exist, and with it the whole run.
        stack.configure(verify=False, plans=declared)
        return stack.run(
            *COMMANDS[phase], "--yes", "--skip-preview", "--continue-on-error"
        )

    def _seed(self) -> Document:
        return seed(*(one.job() for one in self._plans.values()))

    def _wrong(self, one: "Plan", result: Result, esa: Esa) -> Iterator[str]:
        assert self._stack is not None
        record = self._stack.records().get(one.row.name)
        recorded = record["outputs"]["status"] if record else "gone"
        true = esa.plans().get(one.id, {"Status": "gone"})["Status"]
        said = result.diagnostics().get(one.row.name, "")
        for what, seen, expected in one.expectations(recorded, true, said, esa):
            if seen != expected:
                yield f"{one.row.name}: {what} {seen!r}, not {expected!r}"


class Plan:
    """One row's plan: what is true and declared of it, from phase to phase."""

    def __init__(self, number: int, row: Row) -> None:
        self.row = row
        self.id = plan_id(number)
        self.step = Step()
        self.is_declared = True
        self._number = number
        self._truth = self._recorded = "gone"
        self._fields: dict[str, object] = {}

    def begin(self, phase: Phase) -> None:
        """Let the truth and the declaration be those of the phase."""
        if (
            self.step.error and self.step.gone
        ):  # it failed, left no record, and is given up
            self.is_declared = False
        self.step = self.row.step(phase)
        self._truth = self.step.truth or self._truth
        if self.step.fields is not None:
            self._fields = dict(self.step.fields)

    def declared(self) -> dict[str, object]:
        """What the stack's config says of it."""
        job = {"jobId": job_id(self._number)} if self.row.has_job_id else {}
        return {"planId": self.id, **job, **self._fields}

    def job(self) -> Document:
        """Its job, for a seed."""
        start = "+2h" if self._truth == "waiting" else "-1h"
        true = plan(self._number, self._truth, start=start, end=self.row.end)
        return job(self._number, [] if self._truth == "gone" else [true])

    def expectations(
        self, recorded: str, true: str, said: str, esa: Esa
    ) -> Iterator[tuple[str, object, object]]:
        """What was seen, beside what the step wants."""
        step = self.step
        yield "Starts", esa.effective_starts(self.id), step.start
        yield "Stops", esa.stops(self.id), step.stop
        yield (
            "Resets",
            len(esa.calls("ResetScheduledPreloadJob", job_id(self._number))),
            step.reset,
        )
        yield (
            "Deletes",
            len(esa.calls("DeleteScheduledPreloadExecution", self.id)),
            step.delete,
        )
        yield "error", bool(step.error) and step.error in said, bool(step.error)
        yield "ESA's status", true, step.true or step.status or self._truth
        self._truth = true
        if step.status or step.gone:
            self._recorded = "gone" if step.gone else step.status
        yield "recorded status", recorded, self._recorded
