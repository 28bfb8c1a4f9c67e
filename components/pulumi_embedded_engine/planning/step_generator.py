"""From what the program asks for to steps, one at a time: finds what is recorded, then has it chosen; does no step."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.goals import Goal, Registered, Reply
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import (
    DYNAMIC_PACKAGE,
    is_provider_type,
    package_of,
)
from pulumi_embedded_engine.planning.step_choice import Chooser, Untargeted
from pulumi_embedded_engine.planning.urn_claims import Found, Naming, Wanted, record_of
from pulumi_embedded_engine.program.event_queue import answer
from pulumi_embedded_engine.providers.provider import ResourceProvider
from pulumi_embedded_engine.run.resource_index import Old, needs
from pulumi_embedded_engine.run.run_state import Fate, Work
from pulumi_embedded_engine.steps.read_steps import Import, ReadExternal
from pulumi_embedded_engine.steps.steps import Applied, Replace, Skip, Step

T = TypeVar("T")
Later = Callable[[Callable[[], list[Step]]], None]


class Generator:
    """Serial: all methods run in one thread.

    `waiting` counts the steps from which it goes on when they are done; `later` brings it back into its thread.
    """

    def __init__(self, work: Work, later: Later) -> None:
        self.waiting = 0
        self._work = work
        self._book = work.book
        self._later = later
        self._naming = Naming(work)
        self._untargeted = Untargeted(work)
        self._chooser = Chooser(work, self._untargeted)

    def register(self, goal: Goal, reply: Reply) -> list[Step]:
        """The steps of a registration, or of a `.get`."""
        urn = self._naming.claim(goal.record.parent, goal.record.type, goal.name)
        found = self._naming.find(urn, goal)
        if goal.record.external:
            return self._read(goal, reply, urn, found)
        new = record_of(goal, urn, found.old, found.alias)
        if is_provider_type(new.type):
            for name in (urn, *new.aliases):
                self._book.providers[name] = new
        wanted = Wanted(goal, reply, new, found.old, valid=found.valid)
        return self._allowed(self._continue(wanted))

    def _read(self, goal: Goal, reply: Reply, urn: str, found: Found) -> list[Step]:
        old, new = found.old, record_of(goal, urn, None, found.alias)
        if not new.id:
            raise EngineError(f"expected an ID for {urn}")
        if old and not old.record.external and old.record.id != new.id:
            self._book.fates[urn] = Fate("replace")
            read = ReadExternal(new=new, reply=reply, old=old, replacing=True)
            return [read, Replace(old=old, new=new)]
        self._book.fates[urn] = Fate("read")
        return [ReadExternal(new=new, reply=reply, old=old)]

    # -- steps that others wait for

    def _after_deletion(self, wanted: Wanted, gone: Future[bool]) -> list[Step]:
        """Nothing yet: its early deletion is in another chain, and there must not be two live records of one URN."""

        def go_on(is_gone: bool) -> list[Step]:
            if is_gone:
                return self._allowed(self._continue(wanted))
            # What is still there is not deleted at the end either: the program has named it.
            self._book.fates[wanted.urn] = Fate("replace")
            answer(wanted.reply, Registered(wanted.new, "fail"))
            return []

        then = self._then(go_on)
        gone.add_done_callback(lambda told: then(told.result()))
        return []

    def _import(self, wanted: Wanted) -> list[Step]:
        new, urn = wanted.new, wanted.urn
        if package_of(new.type) == DYNAMIC_PACKAGE:
            raise EngineError(
                f"'{new.import_id}' cannot be imported: a dynamic provider is a part of its "
                "resource's inputs, which an import does not have (the pulumi CLI cannot do it "
                "either); leave `import_` out"
            )

        def go_on(applied: Applied | None) -> list[Step]:
            record = applied.record if applied else None
            if record is None:
                return []
            made = new.with_(created=record.created, modified=record.modified)
            found = wanted.with_(old=Old(record, None), new=made, imported=True)
            return self._allowed(self._chooser.steps(found))

        then = self._then(go_on)
        old = wanted.old
        if old is None or self._book.kind(urn) == "delete":
            return [Import(new=new, then=then, reply=wanted.reply)]
        self._book.fates[urn] = Fate("replace")
        step = Import(new=new, then=then, old=old, reply=wanted.reply, replacing=True)
        return [step, Replace(old=old, new=new)]

    def _then(self, go_on: Callable[[T], list[Step]]) -> Callable[[T], None]:
        self.waiting += 1

        def done(came_of_it: T) -> None:
            def action() -> list[Step]:
                self.waiting -= 1
                return go_on(came_of_it)

            self._later(action)

        return done

    def _continue(self, wanted: Wanted) -> list[Step]:
        gone = self._book.take_gone(wanted.urn)
        if gone is not None:
            return self._after_deletion(wanted, gone)
        new = wanted.new
        wanted = wanted.with_(provider=self._provider_of(new) if new.custom else None)
        if _imports(wanted):
            return self._import(wanted)
        return self._chooser.steps(wanted)

    # -- providers and targets

    def _provider_of(self, record: Resource) -> ResourceProvider:
        registry, reference = self._work.registry, record.provider
        if not is_provider_type(record.type) and not registry.get(reference):
            recorded = self._work.ledger.provider_record(reference)
            if recorded is None:
                raise EngineError(
                    f"unknown provider '{reference}' for resource '{record.urn}'"
                )
            self._untargeted.queue_provider(recorded)
        return registry.of(record)

    def _allowed(self, steps: list[Step]) -> list[Step]:
        steps = [*self._untargeted.take(), *steps]
        work = self._work
        if work.scope.constrained or work.replace.constrained:
            for step in steps:
                if step.new is not None and not isinstance(step, Skip):
                    self._refuse_skipped(step.urn, step.new)
        return steps

    def _refuse_skipped(self, urn: str, record: Resource) -> None:
        for needed in needs(record, parent=True):
            if self._book.kind(needed) == "skip":
                self._work.telling.refuse(self._work.scope.missing(urn, needed), urn)
                self._book.keep(needed)  # said once


def _imports(wanted: Wanted) -> bool:
    asked, old = wanted.goal.record, wanted.old
    if not asked.custom or not asked.import_id:
        return False
    if old is None or old.record.external:
        return True
    return (old.record.import_id or old.record.id) != asked.import_id
