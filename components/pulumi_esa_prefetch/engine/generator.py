"""From registrations to steps, one at a time: finds what is recorded, asks the provider, decides; does no step."""

from collections.abc import Callable

from pulumi_esa_prefetch.engine.book import Book
from pulumi_esa_prefetch.engine.checks import Checks
from pulumi_esa_prefetch.engine.decide import decide, delete_first, trigger_changed
from pulumi_esa_prefetch.engine.diff import (
    NO_DIFF,
    Diff,
    equal,
    with_replace_on_changes,
)
from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.events import Diagnostic
from pulumi_esa_prefetch.engine.goals import Goal, ReadGoal, Registered, Reply
from pulumi_esa_prefetch.engine.ignoring import ignored
from pulumi_esa_prefetch.engine.inbox import answer
from pulumi_esa_prefetch.engine.ledger import Ledger, Old, needs
from pulumi_esa_prefetch.engine.naming import Naming
from pulumi_esa_prefetch.engine.providers import Call, DiffUnavailable, Provider
from pulumi_esa_prefetch.engine.reads import Import, ReadExternal, Refresh, ask_diff
from pulumi_esa_prefetch.engine.records import Resource
from pulumi_esa_prefetch.engine.registry import Registry
from pulumi_esa_prefetch.engine.replacing import Dependents
from pulumi_esa_prefetch.engine.rules import Bail, Rules, Tell
from pulumi_esa_prefetch.engine.steps import (
    Applied,
    Create,
    Delete,
    Replace,
    Same,
    Step,
    Update,
    asks_provider,
)
from pulumi_esa_prefetch.engine.targets import Scope, Targets
from pulumi_esa_prefetch.engine.untargeted import Untargeted
from pulumi_esa_prefetch.engine.urns import (
    is_provider_type,
    is_root_stack,
    provider_urn,
)
from pulumi_esa_prefetch.engine.values import Properties, has_unknown
from pulumi_esa_prefetch.engine.wanted import Wanted, external_record_of, record_of

Later = Callable[[Callable[[], list[Step]]], None]


class Generator:
    """Serial: all methods run in one thread; `waiting` counts steps that it goes on from when they are done (by `later`)."""

    def __init__(
        self,
        rules: Rules,
        ledger: Ledger,
        registry: Registry,
        scope: Scope,
        tell: Tell,
        later: Later,
    ) -> None:
        self.book = Book()
        self.waiting = 0
        self.failed = False
        self._rules = rules
        self._ledger = ledger
        self._registry = registry
        self._scope = scope
        self._replace = Targets(rules.replace)
        self._tell = tell
        self._later = later
        self._naming = Naming(rules, self.book, ledger, registry, tell)
        self._checks = Checks(rules, tell)
        self._untargeted = Untargeted(self.book, ledger, scope, registry)
        self._dependents = Dependents(self.book, ledger, self._provider_of)

    # -- what the program asks for

    def read(self, goal: ReadGoal, reply: Reply) -> list[Step]:
        """The steps of a `.get`."""
        urn = self._naming.claim(goal.parent, goal.type, goal.name)
        old, alias = self._naming.find(urn, goal.name, goal.type, goal.parent, ())
        new = external_record_of(goal, urn, alias)
        if not new.id:
            raise EngineError(f"expected an ID for {urn}")
        if old and not old.record.external and old.record.id != new.id:
            self.book.replaces.add(urn)
            read = ReadExternal(new, reply, old, replacing=True)
            return [read, Replace(old, new)]
        if self._rules.mode == "destroy":
            self.book.to_delete.append(urn)
        self.book.reads.add(urn)
        return [ReadExternal(new, reply, old)]

    def register(self, goal: Goal, reply: Reply) -> list[Step]:
        """The steps of a registration."""
        urn = self._naming.claim(goal.parent, goal.type, goal.name)
        old, alias = self._naming.find(
            urn, goal.name, goal.type, goal.parent, goal.aliases
        )
        new = record_of(goal, urn, old.record if old else None, alias)
        if is_provider_type(goal.type):
            for name in (urn, *new.aliases):
                self.book.providers[name] = new
        wanted = Wanted(goal, reply, new, old)
        if old and self._rules.refresh and self._scope.includes(old.record):
            return [self._refresh_first(wanted, old)]
        return self._allowed(self._continue(wanted))

    def ask_dependents(self, urns: set[str]) -> None:
        """Before targets are deleted their dependents' providers are asked, as under the CLI; the answers change nothing."""
        for old in list(self._ledger.all()):
            if old.record.urn in urns:
                self._dependents.of(old)

    def _refresh_first(self, wanted: Wanted, old: Old) -> Step:
        self.book.refreshes.add(wanted.urn)
        internal = not asks_provider(old.record)

        def resume(applied: Applied | None) -> None:
            def go_on() -> list[Step]:
                self.waiting -= 1
                if applied is None:
                    raise Bail(f"{wanted.urn} could not be read")
                found = self._ledger.at(old.index) if old.index is not None else old
                now = found if applied.record is not None else None
                return self._allowed(self._continue(wanted.with_(old=now)))

            self._later(go_on)

        self.waiting += 1
        return Refresh(old, resume, internal, wanted.reply)

    def _continue(self, wanted: Wanted) -> list[Step]:
        mode = self._rules.mode
        if mode == "refresh":
            steps = self._only_refreshed(wanted)
        elif mode == "destroy":
            steps = self._destroyed_later(wanted)
        else:
            steps = None
        if steps is not None:
            return steps
        new = wanted.new
        wanted = wanted.with_(provider=self._provider_of(new) if new.custom else None)
        if self._imports(wanted):
            return self._import(wanted)
        return self._decide(wanted)

    def _only_refreshed(self, wanted: Wanted) -> list[Step] | None:
        if not asks_provider(wanted.new) and not self._needs_skipped(wanted.new):
            return None
        if wanted.old is None:
            return [self._skip(wanted)]
        answer(wanted.reply, Registered(wanted.old.record))
        return []

    def _destroyed_later(self, wanted: Wanted) -> list[Step] | None:
        new, old = wanted.new, wanted.old
        custom = asks_provider(new)
        if self._needs_skipped(new) or (custom and old is None):
            outputs = old.record.outputs if old else {}
            return [self._skip(wanted.with_(new=new.with_(outputs=outputs)))]
        self.book.to_delete.append(wanted.urn)
        if not custom or old is None:
            return None
        self.book.sames.add(wanted.urn)
        return [Same(old, new.with_(inputs=old.record.inputs), wanted.reply)]

    def _skip(self, wanted: Wanted) -> Step:
        self.book.sames.add(wanted.urn)
        self.book.skipped_creates.add(wanted.urn)
        old = Old(wanted.new, None)
        return Same(old, wanted.new, wanted.reply, skipped=True)

    def _needs_skipped(self, record: Resource) -> bool:
        needed = needs(record, parent=True)
        return not self.book.skipped_creates.isdisjoint(needed)

    # -- importing

    def _imports(self, wanted: Wanted) -> bool:
        goal, old = wanted.goal, wanted.old
        if not goal.custom or not goal.import_id:
            return False
        if old is None or old.record.external:
            return True
        return (old.record.import_id or old.record.id) != goal.import_id

    def _import(self, wanted: Wanted) -> list[Step]:
        self.book.imports.add(wanted.urn)
        recreating = wanted.urn in self.book.deletes
        replaced = wanted.old if not recreating else None

        def resume(applied: Applied | None) -> None:
            def go_on() -> list[Step]:
                self.waiting -= 1
                if applied is None or applied.record is None:
                    return []
                imported = Old(applied.record, None)
                new = wanted.new.with_(
                    created=applied.record.created, modified=applied.record.modified
                )
                again = wanted.with_(old=imported, new=new, imported=True)
                return self._allowed(self._decide(again))

            self._later(go_on)

        self.waiting += 1
        step = Import(wanted.new, resume, replaced, wanted.reply)
        if replaced is None:
            return [step]
        self.book.replaces.add(wanted.urn)
        return [step, Replace(replaced, wanted.new)]

    # -- deciding

    def _decide(self, wanted: Wanted) -> list[Step]:
        old, recreating = wanted.old, wanted.urn in self.book.deletes
        included = self._scope.includes(wanted.new)
        targeted = included or _always_targeted(wanted.new)
        wanted = self._checked(wanted, targeted=targeted, recreating=recreating)
        if targeted:
            self._untargeted.queue_needs(wanted.new)
        if old is not None and recreating:
            return self._recreate(wanted, old)
        if old is not None and old.record.external:
            return self._adopt(wanted, old)
        self._scope.note(wanted.new, included=included)
        if not targeted:
            return self._leave(wanted)
        if old is None:
            self.book.creates.add(wanted.urn)
            return [Create(wanted.new, wanted.reply)]
        return self._compare(wanted, old)

    def _checked(self, wanted: Wanted, *, targeted: bool, recreating: bool) -> Wanted:
        new, old, goal = wanted.new, wanted.old, wanted.goal
        if wanted.provider is None:
            return wanted
        known = old.record.inputs if old else {}
        if not targeted:
            return wanted.with_(new=new.with_(inputs=known))
        external = old is not None and old.record.external
        if old is None or recreating or external or self._replace_asked(wanted):
            inputs = self._checks.check(wanted.provider, new, goal.inputs, {})
        else:
            asked = self._ignoring(new, old.record)
            inputs = self._checks.check(wanted.provider, new, asked, known)
        return wanted.with_(new=new.with_(inputs=inputs))

    def _ignoring(self, new: Resource, old: Resource) -> Properties:
        inputs, strange = ignored(new.inputs, old.inputs, new.ignore_changes)
        if strange:
            paths = ", ".join(strange)
            message = (
                "cannot ignore changes in added or removed elements of the path: "
                f'"{paths}"'
            )
            self._tell(Diagnostic("info", message, new.urn))
        return inputs

    def _replace_asked(self, wanted: Wanted) -> bool:
        asked = self._replace.constrained and self._replace.contains(wanted.urn)
        return asked or (wanted.old is not None and wanted.old.record.taint)

    def _recreate(self, wanted: Wanted, old: Old) -> list[Step]:
        # Deleted earlier in this run, because something it needs was deleted first.
        self.book.deletes.discard(wanted.urn)
        self.book.replaces.add(wanted.urn)
        why = Diff("some", replaces=self.book.replace_keys.get(wanted.urn, ()))
        create = Create(wanted.new, wanted.reply, old, why)
        return [Replace(old, wanted.new, why), create]

    def _adopt(self, wanted: Wanted, old: Old) -> list[Step]:
        self.book.creates.add(wanted.urn)
        create = Create(wanted.new, wanted.reply, old, keep_old=True)
        return [create, Replace(old, wanted.new)]

    def _leave(self, wanted: Wanted) -> list[Step]:
        if wanted.old is None:
            return [self._skip(wanted)]
        self.book.sames.add(wanted.urn)
        return self._untargeted.kept(wanted.old, wanted.reply)

    def _compare(self, wanted: Wanted, old: Old) -> list[Step]:
        new, record = wanted.new, old.record
        trigger = new.replacement_trigger
        if not self._rules.dry_run and has_unknown(trigger):
            self._fail(f"replacement trigger contains unknowns for {new.urn}", new.urn)
        triggered = trigger_changed(trigger, record.replacement_trigger)
        diff = Diff("some") if triggered else self._diff(wanted, record)
        diff = with_replace_on_changes(
            diff, new.replace_on_changes, init_errors=bool(record.init_errors)
        )
        decision = decide(diff, record, triggered=triggered)
        if decision == "replace":
            return self._replacement(wanted, old, diff)
        if decision == "update":
            self.book.updates.add(new.urn)
            update = Update(old, new, wanted.reply, diff, new.ignore_changes)
            return [update]
        return self._same(wanted, old)

    def _same(self, wanted: Wanted, old: Old) -> list[Step]:
        if wanted.imported:
            self.book.sames.add(wanted.urn)
            answer(wanted.reply, Registered(old.record))
            return []
        self.book.sames.add(wanted.urn)
        return [Same(old, wanted.new, wanted.reply)]

    def _diff(self, wanted: Wanted, old: Resource) -> Diff:
        new = wanted.new
        if self._replace_asked(wanted):
            return Diff("some", replaces=["id"])
        if not self.book.replaces.isdisjoint(new.replace_with):
            return Diff("some", replaces=["replaceWith"])
        if new.deleted_with in self.book.replaces:
            return Diff("some", replaces=["deletedWith"])
        if self._provider_changed(old, new):
            return Diff("some", replaces=["provider"])
        if wanted.provider is None:
            return self._component_diff(new, old)
        call = Call(
            new.urn,
            old.id,
            old.inputs,
            old.outputs,
            new.inputs,
            new.ignore_changes,
            preview=self._rules.dry_run,
        )
        try:
            return ask_diff(wanted.provider, call)
        except DiffUnavailable as error:
            self._tell(Diagnostic("warning", str(error), new.urn))
            return Diff("some")

    def _component_diff(self, new: Resource, old: Resource) -> Diff:
        inputs = self._ignoring(new, old)
        return NO_DIFF if equal(old.inputs, inputs) else Diff("some")

    def _provider_changed(self, old: Resource, new: Resource) -> bool:
        if old.provider == new.provider:
            return False
        if not old.provider or not new.provider:
            return True
        old_urn, new_urn = provider_urn(old.provider), provider_urn(new.provider)
        if self.book.renamed_to.get(old_urn) == new_urn:
            return False
        provider = self._registry.get(new.provider)
        before = self._ledger.old(old_urn)
        after = self.book.providers.get(new_urn)
        if provider is None or before is None or after is None:
            return True
        call = Call(
            new_urn,
            before.record.id,
            before.record.inputs,
            before.record.outputs,
            after.inputs,
            preview=True,
        )
        return provider.diff_config(call).replacing

    # -- replacing

    def _replacement(self, wanted: Wanted, old: Old, diff: Diff) -> list[Step]:
        new, record = wanted.new, old.record
        if new.protect and record.protect:
            self._refuse_protected(new.urn)
        if wanted.goal.import_id:
            self._refuse_imported(wanted)
        self.book.replaces.add(new.urn)
        if wanted.provider is not None and not self._replace_asked(wanted):
            inputs = self._checks.check(wanted.provider, new, wanted.goal.inputs, {})
            wanted = wanted.with_(new=new.with_(inputs=inputs))
        new = wanted.new
        if not delete_first(wanted.goal, diff):
            create = Create(new, wanted.reply, old, diff, keep_old=True)
            return [create, Replace(old, new, diff)]
        steps = [*self._delete_dependents(old), *self._delete_first(old)]
        create = Create(new, wanted.reply, old, diff)
        return [*steps, Replace(old, new, diff), create]

    def _delete_dependents(self, old: Old) -> list[Step]:
        steps: list[Step] = []
        for dependent in reversed(self._dependents.of(old)):
            target, urn = dependent.old, dependent.old.record.urn
            if target.index is None or target.index in self.book.deleted_early:
                continue
            if target.record.protect and not target.record.delete:
                self._fail(_protected_dependent(urn, old.record.urn), urn)
            self.book.replace_keys[urn] = dependent.keys
            self.book.deletes.add(urn)
            self.book.deleted_early.add(target.index)
            again = not target.record.delete
            steps.append(Delete(target, replacing=again, recreated=again))
        return steps

    def _delete_first(self, old: Old) -> list[Step]:
        if old.record.pending_replacement:
            return []
        if asks_provider(old.record):
            self._registry.ensure(old.record.provider, self._ledger.provider_record)
        self.book.deletes.add(old.record.urn)
        return [Delete(old, replacing=True, recreated=True)]

    def _refuse_protected(self, urn: str) -> None:
        message = (
            f'unable to replace resource "{urn}"\nas it is currently marked for '
            "protection. To unprotect the resource, remove the `protect` flag from the "
            "resource in your Pulumi program and run `up`"
        )
        self._tell(Diagnostic("error", message, urn))
        self.failed = True
        if not self._rules.dry_run:
            raise Bail(message)

    def _refuse_imported(self, wanted: Wanted) -> None:
        message = (
            "previously-imported resources that still specify an ID may not be "
            "replaced; please remove the `import` declaration from your program"
        )
        if not self._rules.dry_run:
            raise EngineError(message)
        self._tell(Diagnostic("warning", message, wanted.urn))

    def _fail(self, message: str, urn: str) -> None:
        self._tell(Diagnostic("error", message, urn))
        self.failed = True
        raise Bail(message)

    # -- providers and targets

    def _provider_of(self, record: Resource) -> Provider:
        if is_provider_type(record.type):
            return self._registry
        provider = self._registry.get(record.provider)
        if provider is not None:
            return provider
        known = self._ledger.provider_record(record.provider)
        if known is None:
            raise EngineError(
                f"unknown provider '{record.provider}' for resource '{record.urn}'"
            )
        provider = self._registry.ensure(record.provider, self._ledger.provider_record)
        self._untargeted.queue_provider(known)
        return provider

    def _allowed(self, steps: list[Step]) -> list[Step]:
        steps = [*self._untargeted.take(), *steps]
        if self._scope.targets.constrained or self._replace.constrained:
            for step in steps:
                skipped = isinstance(step, Same) and step.skipped
                if step.new is not None and not skipped:
                    self._refuse_skipped(step.urn, step.new)
        return steps

    def _refuse_skipped(self, urn: str, record: Resource) -> None:
        for needed in needs(record, parent=True) & self.book.skipped_creates:
            message = (
                f"Resource '{urn}' depends on '{needed}' which was not specified in "
                "--target list.\nEither include resource in --target list or pass "
                "--target-dependents to proceed."
            )
            self._tell(Diagnostic("error", message, urn))
            self.failed = True
            if not self._rules.dry_run:
                raise Bail(message)
            self.book.skipped_creates.discard(needed)


def _always_targeted(record: Resource) -> bool:
    return is_provider_type(record.type) or is_root_stack(record.urn)


def _protected_dependent(urn: str, cause: str) -> str:
    return (
        f'unable to replace resource "{urn}" as part of replacing "{cause}" as it is '
        "currently marked for protection. To unprotect the resource, remove the "
        "`protect` flag from the resource in your Pulumi program and run `up`, or use "
        f"the command:\n`pulumi state unprotect '{urn}'`"
    )
