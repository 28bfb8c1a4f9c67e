"""From what the program asks for to steps, one at a time: finds what is recorded, then has it chosen; does no step."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from pulumi_esa_prefetch.engine.book import Book
from pulumi_esa_prefetch.engine.checks import Checks
from pulumi_esa_prefetch.engine.choosing import Chooser
from pulumi_esa_prefetch.engine.comparing import Comparison
from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.goals import Goal, ReadGoal, Registered, Reply
from pulumi_esa_prefetch.engine.inbox import answer
from pulumi_esa_prefetch.engine.ledger import Ledger, Old, needs
from pulumi_esa_prefetch.engine.naming import Naming
from pulumi_esa_prefetch.engine.providers import ResourceProvider
from pulumi_esa_prefetch.engine.reads import Import, ReadExternal
from pulumi_esa_prefetch.engine.records import Resource
from pulumi_esa_prefetch.engine.registry import Registry
from pulumi_esa_prefetch.engine.replacement import Replacement
from pulumi_esa_prefetch.engine.replacing import Dependents
from pulumi_esa_prefetch.engine.rules import Refusals, Rules, Tell
from pulumi_esa_prefetch.engine.steps import (
    Applied,
    Replace,
    Same,
    Step,
)
from pulumi_esa_prefetch.engine.targets import Scope
from pulumi_esa_prefetch.engine.untargeted import Untargeted
from pulumi_esa_prefetch.engine.urns import (
    DYNAMIC_PACKAGE,
    is_provider_type,
    package_of,
)
from pulumi_esa_prefetch.engine.wanted import Wanted, external_record_of, record_of

T = TypeVar("T")
Later = Callable[[Callable[[], list[Step]]], None]


class Generator:
    """Serial: all methods run in one thread.

    `waiting` counts the steps from which it goes on when they are done; `later` brings it back into its thread.
    """

    def __init__(
        self,
        rules: Rules,
        ledger: Ledger,
        registry: Registry,
        scope: Scope,
        tell: Tell,
        later: Later,
    ) -> None:
        self.book = book = Book()
        self.waiting = 0
        self._rules = rules
        self._ledger = ledger
        self._registry = registry
        self._scope = scope
        self._later = later
        self._refusals = refusals = Refusals(tell, dry_run=rules.dry_run)
        self._naming = Naming(rules, book, ledger, registry, tell)
        checks = Checks(rules, tell)
        self._untargeted = Untargeted(book, ledger, scope, registry)
        self._dependents = Dependents(book, ledger, self._loaded_provider)
        comparison = Comparison(rules, book, ledger, registry, checks, tell)
        replacement = Replacement(book, checks, comparison, self._dependents, refusals)
        self._chooser = Chooser(
            rules,
            book,
            scope,
            checks,
            comparison,
            replacement,
            self._untargeted,
            refusals,
        )

    @property
    def failed(self) -> bool:
        """Whether something was asked for that must not be."""
        return self._refusals.any

    def read(self, goal: ReadGoal, reply: Reply) -> list[Step]:
        """The steps of a `.get`."""
        urn = self._naming.claim(goal.parent, goal.type, goal.name)
        found = self._naming.find(urn, goal.name, goal.type, goal.parent, ())
        old, new = found.old, external_record_of(goal, urn, found.alias)
        if not new.id:
            raise EngineError(f"expected an ID for {urn}")
        if old and not old.record.external and old.record.id != new.id:
            self.book.replaces.add(urn)
            read = ReadExternal(new, reply, old, replacing=True)
            return [read, Replace(old, new)]
        self.book.reads.add(urn)
        return [ReadExternal(new, reply, old)]

    def register(self, goal: Goal, reply: Reply) -> list[Step]:
        """The steps of a registration."""
        urn = self._naming.claim(goal.parent, goal.type, goal.name)
        found = self._naming.find(urn, goal.name, goal.type, goal.parent, goal.aliases)
        old = found.old
        new = record_of(goal, urn, old.record if old else None, found.alias)
        if is_provider_type(goal.type):
            for name in (urn, *new.aliases):
                self.book.providers[name] = new
        wanted = Wanted(goal, reply, new, old, valid=found.valid)
        return self._allowed(self._continue(wanted))

    def ask_dependents(self, urns: set[str]) -> None:
        """Ask dependents' providers before targets are deleted, as the CLI does; the answers change nothing."""
        for old in list(self._ledger.all()):
            if old.record.urn in urns:
                self._dependents.of(old)

    # -- steps that others wait for

    def _after_deletion(self, wanted: Wanted, gone: Future[bool]) -> list[Step]:
        """Nothing yet: its early deletion is in another chain, and there must not be two live records of one URN."""

        def go_on(is_gone: bool) -> list[Step]:
            if is_gone:
                return self._allowed(self._continue(wanted))
            # What is still there is not deleted at the end either: the program has named it.
            self.book.replaces.add(wanted.urn)
            answer(wanted.reply, Registered(wanted.new, "fail"))
            return []

        then = self._then(go_on)
        gone.add_done_callback(lambda told: then(told.result()))
        return []

    def _import(self, wanted: Wanted) -> list[Step]:
        if package_of(wanted.new.type) == DYNAMIC_PACKAGE:
            raise EngineError(
                f"'{wanted.new.import_id}' cannot be imported: a dynamic provider is a part of its "
                "resource's inputs, which an import does not have (the pulumi CLI cannot do it "
                "either); leave `import_` out"
            )
        self.book.imports.add(wanted.urn)

        def go_on(applied: Applied | None) -> list[Step]:
            record = applied.record if applied else None
            if record is None:
                return []
            new = wanted.new.with_(created=record.created, modified=record.modified)
            found = wanted.with_(old=Old(record, None), new=new, imported=True)
            return self._allowed(self._chooser.steps(found))

        replaced = None if wanted.urn in self.book.deletes else wanted.old
        then = self._then(go_on)
        step = Import(wanted.new, then, replaced, wanted.reply)
        if replaced is None:
            return [step]
        self.book.replaces.add(wanted.urn)
        return [step, Replace(replaced, wanted.new)]

    def _then(self, go_on: Callable[[T], list[Step]]) -> Callable[[T], None]:
        self.waiting += 1

        def done(came_of_it: T) -> None:
            def action() -> list[Step]:
                self.waiting -= 1
                return go_on(came_of_it)

            self._later(action)

        return done

    def _continue(self, wanted: Wanted) -> list[Step]:
        gone = self.book.going.pop(wanted.urn, None)
        if gone is not None:
            return self._after_deletion(wanted, gone)
        new = wanted.new
        wanted = wanted.with_(provider=self._provider_of(new) if new.custom else None)
        if _imports(wanted):
            return self._import(wanted)
        return self._chooser.steps(wanted)

    # -- providers and targets

    def _provider_of(self, record: Resource) -> ResourceProvider:
        known = is_provider_type(record.type) or self._registry.get(record.provider)
        if not known:
            recorded = self._ledger.provider_record(record.provider)
            if recorded is None:
                raise EngineError(
                    f"unknown provider '{record.provider}' for resource '{record.urn}'"
                )
            self._untargeted.queue_provider(recorded)
        return self._loaded_provider(record)

    def _loaded_provider(self, record: Resource) -> ResourceProvider:
        """The provider of a record, from the state if the program has not registered it (yet)."""
        if is_provider_type(record.type):
            return self._registry
        return self._registry.ensure(record.provider, self._ledger.provider_record)

    def _allowed(self, steps: list[Step]) -> list[Step]:
        steps = [*self._untargeted.take(), *steps]
        if self._scope.constrained or self._rules.replace:
            for step in steps:
                skipped = isinstance(step, Same) and step.skipped
                if step.new is not None and not skipped:
                    self._refuse_skipped(step.urn, step.new)
        return steps

    def _refuse_skipped(self, urn: str, record: Resource) -> None:
        for needed in needs(record, parent=True) & self.book.skipped_creates:
            self._refusals.refuse(self._scope.missing(urn, needed), urn)
            self.book.skipped_creates.discard(needed)


def _imports(wanted: Wanted) -> bool:
    goal, old = wanted.goal, wanted.old
    if not goal.custom or not goal.import_id:
        return False
    if old is None or old.record.external:
        return True
    return (old.record.import_id or old.record.id) != goal.import_id
