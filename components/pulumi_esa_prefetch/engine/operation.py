"""The course of one operation: refresh phase, program phase, last words; decides nothing about resources."""

from pulumi_esa_prefetch.engine.cancellation import Aborted
from pulumi_esa_prefetch.engine.context import Outcome
from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.events import (
    Cancelled,
    Diagnostic,
    Outputs,
    Prelude,
    Summary,
)
from pulumi_esa_prefetch.engine.journal import Rebased
from pulumi_esa_prefetch.engine.language import refuse_other_languages
from pulumi_esa_prefetch.engine.machinery import Machinery
from pulumi_esa_prefetch.engine.records import Snapshot
from pulumi_esa_prefetch.engine.refreshing import refresh_phase, refuse_unrecorded
from pulumi_esa_prefetch.engine.required import require_version
from pulumi_esa_prefetch.engine.rollout import Rollout
from pulumi_esa_prefetch.engine.targets import Targets
from pulumi_esa_prefetch.engine.urns import root_stack_urn
from pulumi_esa_prefetch.engine.values import Properties
from pulumi_esa_prefetch.engine.work import Bail


class Operation:
    """One run of the machinery."""

    def __init__(self, machinery: Machinery) -> None:
        self._machinery = machinery
        self._request = machinery.request
        self._telling = machinery.telling
        self._started = machinery.clock.monotonic()

    def run(self) -> Outcome:
        """Do it and tell how it ended; Aborted if all was ended at once."""
        self._begin()
        try:
            self._phases()
        except EngineError as error:
            self._telling.end()
            if not isinstance(error, Bail):
                self._telling.error(str(error))
        if self._machinery.cancellation.aborted:
            raise Aborted
        return self._end()

    def _begin(self) -> None:
        config = self._machinery.context.config
        shown = {k: "[secret]" if v.secret else v.text for k, v in config.items()}
        self._telling(Prelude(shown))
        base = self._machinery.context.base
        journal = self._machinery.journal
        if self._request.clear_pending_creates and journal is not None:
            journal.write(Rebased(Snapshot(base.resources, (), base.metadata)))
        elif base.pending_operations and not self._looks_up and journal is not None:
            self._telling(Diagnostic("warning", self._pending_sentence()))

    @property
    def _looks_up(self) -> bool:
        return self._request.refresh or self._request.kind == "refresh"

    def _pending_sentence(self) -> str:
        pending = self._machinery.context.base.pending_operations
        # a creation that is begun anew after each kill is pending more than once
        lines = dict.fromkeys(
            f"\n  * {operation.resource.urn}, interrupted while {operation.type}"
            for operation in pending
        )
        return (
            f"{len(lines)} operation(s) of an earlier run were interrupted, so these "
            f"resources are in an unknown state:{''.join(lines)}\nLook at the provider what "
            "became of them: an `up` does an update that was interrupted once more, `refresh` "
            "takes over what is there, and `refresh --clear-pending-creates` forgets creates "
            "that never were."
        )

    def _phases(self) -> None:
        request = self._request
        require_version(self._machinery.context.project.required_version)
        if request.kind == "up":
            refuse_other_languages(self._machinery.context)
        if request.kind != "up":
            # a slip in one name must not delete what the other names say
            refuse_unrecorded(self._machinery, Targets(request.targets))
        if self._looks_up:
            refresh_phase(self._machinery)
            ended = self._telling.failed or self._machinery.cancellation.requested
            if ended or request.kind == "refresh":
                return
        refuse_unrecorded(self._machinery, Targets(request.replace))
        Rollout(self._machinery).run()

    def _end(self) -> Outcome:
        cancelled = self._machinery.cancellation.requested
        what = "preview" if self._request.dry_run else "update"
        failed = self._telling.failed
        if failed and not self._telling.refused:
            self._telling.error(f"{what} failed")
        elif cancelled and not failed:
            self._telling.error(f"{what} canceled")
        self._telling(self._outputs())
        outcome = Outcome(
            failed=failed or cancelled,
            cancelled=cancelled,
            changes=dict(self._machinery.performer.changes),
            errored=self._telling.errored,
        )
        self._telling(
            Summary(
                outcome.changes,
                self._machinery.clock.monotonic() - self._started,
                self._request.dry_run,
                outcome.failed,
                outcome.errored,
            )
        )
        self._telling(Cancelled())
        return outcome

    def _outputs(self) -> Outputs:
        context, ledger = self._machinery.context, self._machinery.ledger
        urn = root_stack_urn(context.stack, context.project.name)
        base = ledger.old(urn)
        old: Properties = base.record.outputs if base else {}
        new = ledger.news.get(urn)
        if self._request.kind == "destroy" and not self._telling.failed:
            return Outputs(old, {})
        return Outputs(old, new.outputs if new else old)
