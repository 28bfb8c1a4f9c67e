"""Lets rows of the decision table live on one stack, and says what went otherwise; decides nothing."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from tests.lifecycle.conftest import Emulators, Stacks
from tests.lifecycle.faults import START, STOP
from tests.lifecycle.table_rows import Phase, Row, Step
from tests.support.local_esa import Document, Esa, job, job_id, plan, plan_id, seed
from tests.support.throwaway_stack import Result, Stack

COMMANDS: dict[Phase, tuple[str, ...]] = {
    "create": ("up",),
    "drift": ("up", "--refresh"),
    "change": ("up",),
    "destroy": ("destroy",),
}

LAGS = "start-answers-waiting"
RESET = "ResetScheduledPreloadJob"


class Life:
    """One stack that carries all rows, and an ESA that is told the truth of each phase."""

    def __init__(
        self,
        rows: Sequence[Row],
        emulator: Emulators,
        stack: Stacks,
        *,
        dialects: Sequence[str] = (),
        faults: Document | None = None,
        open_ends: Collection[str] = (),
        limits: Document | None = None,
    ) -> None:
        jobs: dict[str, int] = {}
        self._plans = [
            Plan(
                number,
                row,
                job=jobs.setdefault(row.shares or row.name, number),
                is_open=row.name in open_ends,
                lags=LAGS in dialects,
            )
            for number, row in enumerate(rows, 1)
        ]
        self._limits = limits
        self._emulator = emulator
        self._stacks = stack
        self._stack: Stack | None = None
        self._dialects = dialects
        self._faults = faults

    def live(self, phase: Phase) -> list[str]:
        """Live through one phase, and return a line for everything that went otherwise."""
        for one in self._plans:
            one.begin(phase)
        start = seed(*(job(number, plans) for number, plans in self._jobs().items()))
        esa = self._emulator(start, dialects=self._dialects, faults=self._faults)
        result = self._run(phase, esa)
        after = self._after(result, esa)
        wrong = [line for one in self._plans for line in self._look(one, after)]
        failed = any("error:" in said for said in after.said.values())
        if result.code != int(failed):
            wrong.append(f"exit code {result.code}")
        return [*wrong, result.output] if wrong else []

    def _jobs(self) -> dict[int, list[Document]]:
        """The true plans by their job's number, for a seed."""
        jobs: dict[int, list[Document]] = {}
        for one in self._plans:
            jobs.setdefault(one.job, []).extend(one.true())
        return jobs

    def _run(self, phase: Phase, esa: Esa) -> Result:
        self._stack = stack = self._stack or self._stacks(esa)
        stack.variables["ESA_ENDPOINT"] = esa.endpoint
        declared = {
            one.row.name: one.declared() for one in self._plans if one.is_declared
        }
        # A check would refuse a plan that does not exist, and with it the whole run.
        limits = {"limits": self._limits} if self._limits else {}
        stack.configure(verify=False, plans=declared, **limits)
        return stack.run(
            *COMMANDS[phase], "--yes", "--skip-preview", "--continue-on-error"
        )

    def _after(self, result: Result, esa: Esa) -> "After":
        assert self._stack is not None
        records, spelled = (
            self._stack.records(),
            self._stack.face.with_names_of_the_dynamic_face,
        )
        return After(
            recorded={n: one["outputs"]["status"] for n, one in records.items()},
            true={key: one["Status"] for key, one in esa.plans().items()},
            said={name: spelled(text) for name, text in result.diagnostics().items()},
            calls=esa.history(),
        )

    def _look(self, one: "Plan", after: "After") -> Iterator[str]:
        wanted = [
            other.step.reset for other in self._plans if other.job_id == one.job_id
        ]
        resets = after.about(RESET, one.job_id)
        seen = Seen(
            recorded=after.recorded.get(one.row.name, "gone"),
            true=after.true.get(one.id, "gone"),
            said=after.said.get(one.row.name, ""),
            starts=after.effects(START, one.id),
            stops=after.effects(STOP, one.id),
            resets=len(resets),
            disturbed=sum(bool(call["faults"]) for call in resets),
            wanted=sum(wanted),
        )
        for text in one.judge(seen):
            yield f"{one.row.name}: {text}; {seen}"


@dataclass(frozen=True)
class After:
    """All there is to see after a phase, looked up once for all plans."""

    recorded: dict[str, str]
    """Name -> the status on record."""
    true: dict[str, str]
    """Plan's id -> its status in ESA."""
    said: dict[str, str]
    """Name -> what was said of it."""
    calls: list[Document]
    """ESA's history of the phase."""

    def about(self, action: str, id_: str) -> list[Document]:
        """The requests for an action on one plan or job."""
        return [
            call
            for call in self.calls
            if call["action"] == action and call["parameters"].get("Id") == id_
        ]

    def effects(self, action: str, id_: str) -> int:
        """How many of them changed anything."""
        return sum(call["effect"] for call in self.about(action, id_))


@dataclass(frozen=True)
class Seen:
    """What became of one plan in a phase."""

    recorded: str
    true: str
    said: str
    starts: int
    stops: int
    resets: int
    """Of the whole job."""
    disturbed: int
    """How many of them a fault hit: only those may be repeated."""
    wanted: int
    """How many the rows of the job want together."""

    @property
    def resets_rightly(self) -> bool:
        """Whether no Reset is missing, and none was one too many."""
        surplus = self.resets - self.wanted
        return 0 <= surplus <= (self.disturbed if self.wanted else 0)


class Plan:
    """One row's plan: what is true and declared of it, from phase to phase."""

    def __init__(
        self, number: int, row: Row, *, job: int, is_open: bool, lags: bool
    ) -> None:
        self.row = row
        self.id = plan_id(number)
        self.job = job
        self.job_id = job_id(job)
        self.step = Step()
        self.is_declared = True
        self._number = number
        self._is_open = is_open
        self._lags = lags
        self._truth = self._recorded = "gone"
        self._fields: dict[str, object] = {}

    def begin(self, phase: Phase) -> None:
        """Let the truth and the declaration be those of the phase."""
        if self.step.error and self.step.gone:
            self.is_declared = False  # it failed, left no record, and is given up
        self.step = self.row.step(phase)
        self._truth = self.step.truth or self._truth
        if self.step.fields is not None:
            self._fields = dict(self.step.fields)

    def declared(self) -> dict[str, object]:
        """What the stack's config says of it."""
        job = {"jobId": self.job_id} if self.row.has_job_id else {}
        return {"planId": self.id, **job, **self._fields}

    def true(self) -> list[Document]:
        """The plan for a seed, if there is one."""
        if self._truth == "gone":
            return []
        start = "+2h" if self._truth == "waiting" else "-1h"
        true = plan(self._number, self._truth, start=start, end=self.row.end)
        return [true | {"SliceLen": self.row.slice_len}]

    def judge(self, seen: Seen) -> list[str]:
        """What went otherwise than the table says."""
        is_open = self._is_open and self.is_declared
        rules = self._open_rules(seen) if is_open else self._rules(seen)
        wrong = [text for text, holds in rules if not holds]
        self._truth, self._recorded = seen.true, seen.recorded
        return wrong

    def _rules(self, seen: Seen) -> Iterator[tuple[str, bool]]:
        step = self.step
        recorded = "gone" if step.gone else step.status or self._recorded
        true = step.true or step.status or self._truth
        yield f"{step.start} effective Starts", seen.starts == step.start
        yield f"{step.stop} effective Stops", seen.stops == step.stop
        yield f"{seen.wanted} Resets of its job", seen.resets_rightly
        yield f"recorded as {recorded}", seen.recorded in {recorded, *self._late(seen)}
        yield f"truly {true}", seen.true == true
        yield f"error {step.error!r}", step.error in seen.said
        yield "an error or none", ("error:" in seen.said) == bool(step.error)

    def _open_rules(self, seen: Seen) -> Iterator[tuple[str, bool]]:
        """As the table says, or a sentence and an unchanged record: ESA answered otherwise."""
        most = max(self.step.start, int(not self.row.has_job_id))
        yield f"at most {most} effective Starts", seen.starts <= most
        if "error:" in seen.said:
            # Engines put a line of their own before what a step has recorded in part.
            sentence = seen.said.replace("1 error occurred:\n* ", "")
            yield "one sentence", sentence.count("\n") == 1
            # A refresh before it may have recorded what is so.
            kept = seen.recorded in {self._recorded, seen.true}
            yield f"recorded as {self._recorded} still", kept
        elif not self.step.gone:
            yield "recorded as it is", seen.recorded in {seen.true, *self._late(seen)}

    def _late(self, seen: Seen) -> set[str]:
        """What may be recorded where a Start's answer does not show yet that the plan runs."""
        return (
            {"waiting", "running"} if self._lags and seen.true == "running" else set()
        )
