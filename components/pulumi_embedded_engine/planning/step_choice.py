"""From a registration that was looked up to its steps: checked, in scope or not, compared, decided; does no step."""

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.diff import Diff, with_replace_on_changes
from pulumi_embedded_engine.model.goals import Registered, Reply
from pulumi_embedded_engine.model.property_values import has_unknown
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import is_provider_type, is_root_stack
from pulumi_embedded_engine.planning.comparison import (
    checked,
    decide,
    difference,
    ignoring,
    replace_asked,
    trigger_changed,
)
from pulumi_embedded_engine.planning.replacement import (
    adoption,
    recreation,
    replacement,
)
from pulumi_embedded_engine.planning.urn_claims import Wanted
from pulumi_embedded_engine.program.event_queue import answer
from pulumi_embedded_engine.run.resource_index import Old, needs
from pulumi_embedded_engine.run.run_state import Bail, Fate, Work
from pulumi_embedded_engine.steps.steps import (
    Create,
    Same,
    Skip,
    Step,
    Update,
    untouched,
)


class Untargeted:
    """A record may only refer to earlier ones: what a kept or changed record needs is kept before it."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._book, self._ledger = work.book, work.ledger
        self._queue: list[Same] = []
        self._queued: set[str] = set()

    def kept(self, old: Old, reply: Reply) -> list[Step]:
        """The step that keeps a registered record; what it needs is queued."""
        provider = old.record.provider
        if provider and self._work.registry.get(provider) is None:
            self._refuse_new_provider(old.record)
        self._book.claimed.add(old.record.urn)
        self._book.keep(old.record.urn)
        self._enqueue(needs(old.record, parent=True))
        return [untouched(old, reply)]

    def queue_needs(self, record: Resource) -> None:
        """Keep what a targeted record needs, should the program not have registered it."""
        if self._work.scope.targets.constrained:
            self._enqueue(needs(record, parent=True, provider=False))

    def queue_provider(self, record: Resource) -> None:
        """Keep a provider record that the program did not register."""
        old = self._ledger.old(record.urn)
        if old is not None and record.urn not in self._queued:
            self._queued.add(record.urn)
            self._queue.append(untouched(Old(record, old.index)))

    def take(self) -> list[Step]:
        """What was queued and still has no step."""
        queued, self._queue = self._queue, []
        steps: list[Step] = []
        for step in queued:
            if not self._settled(step.urn):
                self._book.claimed.add(step.urn)
                self._book.keep(step.urn)
                steps.append(step)
        return steps

    def _settled(self, urn: str) -> bool:
        return urn in self._book.fates or self._book.lives(urn)

    def _enqueue(self, urns: set[str]) -> None:
        for urn in sorted(urns):
            old = self._ledger.old(urn)
            if old is None or self._settled(urn) or urn in self._queued:
                continue
            self._queued.add(urn)
            self._enqueue(needs(old.record, parent=True))
            self._queue.append(untouched(old))

    def _refuse_new_provider(self, record: Resource) -> None:
        if self._ledger.provider_record(record.provider) is None:
            raise EngineError(f"could not find provider {record.provider} in the state")
        raise EngineError(
            f"provider {record.provider} for resource {record.urn} has not been "
            "registered yet, due to a change of providers mixed with --target; change "
            "your program back to the original providers"
        )


class Chooser:
    """One registration after the other."""

    def __init__(self, work: Work, untargeted: Untargeted) -> None:
        self._work = work
        self._book, self._scope = work.book, work.scope
        self._untargeted = untargeted

    def steps(self, wanted: Wanted) -> list[Step]:
        """The steps of one registration."""
        old, recreating = wanted.old, self._book.kind(wanted.urn) == "delete"
        included = self._scope.includes(wanted.new)
        targeted = included or _always_targeted(wanted.new)
        wanted = self._checked(wanted, targeted=targeted, recreating=recreating)
        if targeted:
            self._untargeted.queue_needs(wanted.new)
        if not wanted.valid:
            raise Bail(f"resource {wanted.urn} is invalid")
        if old is not None and recreating:
            return recreation(self._work, wanted, old)
        if old is not None and old.record.external:
            return adoption(self._work, wanted, old)
        self._scope.note(wanted.new, included=included)
        if targeted:
            return self._targeted(wanted)
        if old is not None:
            self._book.keep(wanted.urn)
            return self._untargeted.kept(old, wanted.reply)
        self._book.fates[wanted.urn] = Fate("skip")
        return [Skip(new=wanted.new, reply=wanted.reply)]

    def _checked(self, wanted: Wanted, *, targeted: bool, recreating: bool) -> Wanted:
        new, old, goal = wanted.new, wanted.old, wanted.goal
        if wanted.provider is None:
            return wanted
        known = old.record.inputs if old else {}
        if not targeted:
            return wanted.with_(new=new.with_(inputs=known))
        fresh = recreating or replace_asked(self._work, wanted)
        if old is None or old.record.external or fresh:
            inputs = checked(self._work, wanted.provider, new, goal.record.inputs, {})
        else:
            asked = ignoring(self._work, new, old.record)
            inputs = checked(self._work, wanted.provider, new, asked, known)
        return wanted.with_(new=new.with_(inputs=inputs))

    def _targeted(self, wanted: Wanted) -> list[Step]:
        if wanted.old is None:
            self._book.fates[wanted.urn] = Fate("create")
            return [Create(new=wanted.new, reply=wanted.reply)]
        return self._compared(wanted, wanted.old)

    def _compared(self, wanted: Wanted, old: Old) -> list[Step]:
        new, record = wanted.new, old.record
        trigger = new.replacement_trigger
        if not self._work.dry_run and has_unknown(trigger):
            message = f"replacement trigger contains unknowns for {new.urn}"
            self._work.telling.bail(message, new.urn)
        triggered = trigger_changed(trigger, record.replacement_trigger)
        diff = Diff("some") if triggered else difference(self._work, wanted, record)
        diff = with_replace_on_changes(
            diff, new.replace_on_changes, init_errors=bool(record.init_errors)
        )
        decision = decide(diff, record, triggered=triggered)
        if decision == "replace":
            return replacement(self._work, wanted, old, diff)
        if decision == "update":
            self._book.keep(new.urn, "update")
            ignored, reply = new.ignore_changes, wanted.reply
            return [
                Update(old=old, new=new, reply=reply, why=diff, ignore_changes=ignored)
            ]
        self._book.keep(new.urn)
        if wanted.imported:
            # The import has written the record already.
            answer(wanted.reply, Registered(record))
            return []
        return [Same(old=old, new=new, reply=wanted.reply)]


def _always_targeted(record: Resource) -> bool:
    return is_provider_type(record.type) or is_root_stack(record.urn)
