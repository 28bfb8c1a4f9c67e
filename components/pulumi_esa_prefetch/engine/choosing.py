"""From a registration that was looked up to its steps: checked, in scope or not, compared, decided; does no step."""

from pulumi_esa_prefetch.engine.book import Book
from pulumi_esa_prefetch.engine.checks import Checks
from pulumi_esa_prefetch.engine.comparing import Comparison
from pulumi_esa_prefetch.engine.decide import decide
from pulumi_esa_prefetch.engine.diff import Diff, with_replace_on_changes
from pulumi_esa_prefetch.engine.goals import Registered
from pulumi_esa_prefetch.engine.inbox import answer
from pulumi_esa_prefetch.engine.ledger import Old
from pulumi_esa_prefetch.engine.records import Resource
from pulumi_esa_prefetch.engine.replacement import Replacement
from pulumi_esa_prefetch.engine.rules import Bail, Refusals, Rules
from pulumi_esa_prefetch.engine.steps import Create, Same, Step, Update
from pulumi_esa_prefetch.engine.targets import Scope
from pulumi_esa_prefetch.engine.untargeted import Untargeted
from pulumi_esa_prefetch.engine.urns import is_provider_type, is_root_stack
from pulumi_esa_prefetch.engine.values import has_unknown
from pulumi_esa_prefetch.engine.wanted import Wanted


class Chooser:
    """One registration after the other."""

    def __init__(
        self,
        rules: Rules,
        book: Book,
        scope: Scope,
        checks: Checks,
        comparison: Comparison,
        replacement: Replacement,
        untargeted: Untargeted,
        refusals: Refusals,
    ) -> None:
        self._rules = rules
        self._book = book
        self._scope = scope
        self._checks = checks
        self._comparison = comparison
        self._replacement = replacement
        self._untargeted = untargeted
        self._refusals = refusals

    def steps(self, wanted: Wanted) -> list[Step]:
        """The steps of one registration."""
        old, recreating = wanted.old, wanted.urn in self._book.deletes
        included = self._scope.includes(wanted.new)
        targeted = included or _always_targeted(wanted.new)
        wanted = self._checked(wanted, targeted=targeted, recreating=recreating)
        if targeted:
            self._untargeted.queue_needs(wanted.new)
        if not wanted.valid:
            raise Bail(f"resource {wanted.urn} is invalid")
        if old is not None and recreating:
            return self._replacement.recreation(wanted, old)
        if old is not None and old.record.external:
            return self._replacement.adoption(wanted, old)
        self._scope.note(wanted.new, included=included)
        if targeted:
            return self._targeted(wanted)
        return self.skip(wanted) if old is None else self._leave(wanted, old)

    def skip(self, wanted: Wanted) -> list[Step]:
        """The steps of a resource that is not made, because it is no target."""
        self._book.sames.add(wanted.urn)
        self._book.skipped_creates.add(wanted.urn)
        old = Old(wanted.new, None)
        return [Same(old, wanted.new, wanted.reply, skipped=True)]

    def _checked(self, wanted: Wanted, *, targeted: bool, recreating: bool) -> Wanted:
        new, old, goal = wanted.new, wanted.old, wanted.goal
        if wanted.provider is None:
            return wanted
        known = old.record.inputs if old else {}
        if not targeted:
            return wanted.with_(new=new.with_(inputs=known))
        fresh = recreating or self._comparison.replace_asked(wanted)
        if old is None or old.record.external or fresh:
            inputs = self._checks.check(wanted.provider, new, goal.inputs, {})
        else:
            asked = self._checks.ignoring(new, old.record)
            inputs = self._checks.check(wanted.provider, new, asked, known)
        return wanted.with_(new=new.with_(inputs=inputs))

    def _leave(self, wanted: Wanted, old: Old) -> list[Step]:
        self._book.sames.add(wanted.urn)
        return self._untargeted.kept(old, wanted.reply)

    def _targeted(self, wanted: Wanted) -> list[Step]:
        if wanted.old is None:
            self._book.creates.add(wanted.urn)
            return [Create(wanted.new, wanted.reply)]
        return self._compared(wanted, wanted.old)

    def _compared(self, wanted: Wanted, old: Old) -> list[Step]:
        new, record = wanted.new, old.record
        if not self._rules.dry_run and has_unknown(new.replacement_trigger):
            message = f"replacement trigger contains unknowns for {new.urn}"
            self._refusals.fail(message, new.urn)
        triggered = self._comparison.triggered(new, record)
        diff = Diff("some") if triggered else self._comparison.diff(wanted, record)
        diff = with_replace_on_changes(
            diff, new.replace_on_changes, init_errors=bool(record.init_errors)
        )
        decision = decide(diff, record, triggered=triggered)
        if decision == "replace":
            return self._replacement.steps(wanted, old, diff)
        if decision == "update":
            self._book.updates.add(new.urn)
            return [Update(old, new, wanted.reply, diff, new.ignore_changes)]
        return self._same(wanted, old)

    def _same(self, wanted: Wanted, old: Old) -> list[Step]:
        self._book.sames.add(wanted.urn)
        if wanted.imported:
            # The import has written the record already.
            answer(wanted.reply, Registered(old.record))
            return []
        return [Same(old, wanted.new, wanted.reply)]


def _always_targeted(record: Resource) -> bool:
    return is_provider_type(record.type) or is_root_stack(record.urn)
