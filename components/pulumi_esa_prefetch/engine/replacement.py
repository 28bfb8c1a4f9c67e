"""The steps of a replacement, in both orders; asks providers only who else must go."""

from concurrent.futures import Future
from dataclasses import replace

from pulumi_esa_prefetch.engine.book import Book
from pulumi_esa_prefetch.engine.checks import Checks
from pulumi_esa_prefetch.engine.comparing import Comparison
from pulumi_esa_prefetch.engine.decide import delete_first
from pulumi_esa_prefetch.engine.diff import Diff
from pulumi_esa_prefetch.engine.ledger import Old
from pulumi_esa_prefetch.engine.removals import Delete
from pulumi_esa_prefetch.engine.replacing import Dependents
from pulumi_esa_prefetch.engine.rules import Refusals
from pulumi_esa_prefetch.engine.steps import Create, Replace, Step
from pulumi_esa_prefetch.engine.wanted import Wanted


class Replacement:
    """Create first and delete at the end, or delete first with all that needs it."""

    def __init__(
        self,
        book: Book,
        checks: Checks,
        comparison: Comparison,
        dependents: Dependents,
        refusals: Refusals,
    ) -> None:
        self._book = book
        self._checks = checks
        self._comparison = comparison
        self._dependents = dependents
        self._refusals = refusals

    def steps(self, wanted: Wanted, old: Old, diff: Diff) -> list[Step]:
        """The steps, once nothing speaks against it."""
        self._refuse(wanted, old)
        self._book.replaces.add(wanted.urn)
        if wanted.provider is not None and not self._comparison.replace_asked(wanted):
            # The new object is another one: nothing of the old one's inputs may be taken over.
            inputs = self._checks.check(
                wanted.provider, wanted.new, wanted.goal.inputs, {}
            )
            wanted = wanted.with_(new=wanted.new.with_(inputs=inputs))
        new = wanted.new
        if not delete_first(wanted.goal, diff):
            create = Create(new, wanted.reply, old, diff, keep_old=True)
            return [create, Replace(old, new, diff)]
        steps = self._told([*self._delete_dependents(old), *self._delete(old)], old)
        create = Create(new, wanted.reply, old, diff)
        return [*steps, Replace(old, new, diff), create]

    def recreation(self, wanted: Wanted, old: Old) -> list[Step]:
        """The steps for what was deleted earlier in this run, because something it needs was deleted first."""
        self._book.deletes.discard(wanted.urn)
        self._book.replaces.add(wanted.urn)
        why = Diff("some", replaces=self._book.replace_keys.get(wanted.urn, ()))
        create = Create(wanted.new, wanted.reply, old, why)
        return [Replace(old, wanted.new, why), create]

    def adoption(self, wanted: Wanted, old: Old) -> list[Step]:
        """The steps for what somebody else managed until now: made anew, the other one is forgotten."""
        self._book.creates.add(wanted.urn)
        create = Create(wanted.new, wanted.reply, old, keep_old=True)
        return [create, Replace(old, wanted.new)]

    def _told(self, steps: list[Delete], root: Old) -> list[Delete]:
        """Let the last deletion tell those that wait to be made anew: one within another is gone only with that."""
        waiting = {step.urn for step in steps if step.recreated} - {root.record.urn}
        if not waiting:
            return steps
        gone = Future[bool]()
        self._book.going.update(dict.fromkeys(waiting, gone))
        return [*steps[:-1], replace(steps[-1], gone=gone)]

    def _delete_dependents(self, old: Old) -> list[Delete]:
        steps: list[Delete] = []
        for dependent in reversed(self._dependents.of(old)):
            target, urn = dependent.old, dependent.old.record.urn
            if target.index is None or target.index in self._book.deleted_early:
                continue
            if target.record.protect and not target.record.delete:
                self._refusals.fail(_protected_dependent(urn, old.record.urn), urn)
            self._book.replace_keys[urn] = dependent.keys
            self._book.deletes.add(urn)
            self._book.deleted_early.add(target.index)
            again = not target.record.delete
            steps.append(Delete(target, replacing=again, recreated=again))
        return steps

    def _delete(self, old: Old) -> list[Delete]:
        if old.record.pending_replacement:
            return []
        self._book.deletes.add(old.record.urn)
        return [Delete(old, replacing=True, recreated=True)]

    def _refuse(self, wanted: Wanted, old: Old) -> None:
        urn = wanted.urn
        if wanted.new.protect and old.record.protect:
            self._refusals.refuse(_protected(urn), urn)
        if wanted.goal.import_id:
            self._refusals.warn_or_fail(
                "previously-imported resources that still specify an ID may not be "
                "replaced; please remove the `import` declaration from your program",
                urn,
            )


def _protected(urn: str) -> str:
    return (
        f'unable to replace resource "{urn}"\nas it is currently marked for '
        "protection. To unprotect the resource, remove the `protect` flag from the "
        "resource in your Pulumi program and run `up`"
    )


def _protected_dependent(urn: str, cause: str) -> str:
    return (
        f'unable to replace resource "{urn}" as part of replacing "{cause}" as it is '
        "currently marked for protection. To unprotect the resource, remove the "
        "`protect` flag from the resource in your Pulumi program and run `up`, or use "
        f"the command:\n`pulumi state unprotect '{urn}'`"
    )
