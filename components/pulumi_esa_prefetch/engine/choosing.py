"""From a registration that was looked up to its steps: checked, in scope or not, compared, decided; does no step."""

from pulumi_esa_prefetch.engine.book import Fate
from pulumi_esa_prefetch.engine.checks import checked, ignoring
from pulumi_esa_prefetch.engine.comparing import difference, replace_asked
from pulumi_esa_prefetch.engine.decide import decide, trigger_changed
from pulumi_esa_prefetch.engine.diff import Diff, with_replace_on_changes
from pulumi_esa_prefetch.engine.goals import Registered
from pulumi_esa_prefetch.engine.inbox import answer
from pulumi_esa_prefetch.engine.ledger import Old
from pulumi_esa_prefetch.engine.records import Resource
from pulumi_esa_prefetch.engine.replacement import adoption, recreation, replacement
from pulumi_esa_prefetch.engine.steps import Create, Same, Skip, Step, Update
from pulumi_esa_prefetch.engine.telling import Bail
from pulumi_esa_prefetch.engine.untargeted import Untargeted
from pulumi_esa_prefetch.engine.urns import is_provider_type, is_root_stack
from pulumi_esa_prefetch.engine.values import has_unknown
from pulumi_esa_prefetch.engine.wanted import Wanted
from pulumi_esa_prefetch.engine.work import Work


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
