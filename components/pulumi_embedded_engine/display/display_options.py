"""What a view shows: the display flags, and which steps and messages they leave; holds no text of steps."""

from dataclasses import dataclass
from typing import Final

from pulumi_embedded_engine.display.step_symbols import READS, REPLACEMENT
from pulumi_embedded_engine.model.events import Diagnostic, StepMetadata
from pulumi_embedded_engine.model.operation_context import OperationKind
from pulumi_embedded_engine.model.urns import (
    is_default_provider,
    is_root_stack,
    root_stack_urn,
)
from pulumi_embedded_engine.providers.grpc_messages import is_traceback

_LABELS: Final = {
    "up": ("update", "Updating"),
    "refresh": ("refresh", "Refreshing"),
    "destroy": ("destroy", "Destroying"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class DisplayOptions:
    """One phase of an operation (`planning` means its dry run), and the flags that say how it is shown.

    `expected` is the number of resources that the dry run was going to change, if there was a dry run.
    """

    kind: OperationKind
    stack: str
    project: str
    planning: bool
    color: bool = False
    live: bool = False
    diff: bool = False
    json: bool = False
    sames: bool = False
    reads: bool = False
    replacement_steps: bool = False
    config: bool = False
    full: bool = True
    urns: bool = False
    secrets: bool = False
    outputs: bool = True
    progress: bool = True
    debug: bool = False
    traces: bool = False
    expected: int | None = None

    @property
    def label(self) -> str:
        """The phase in words: "Updating", "Previewing update", ..."""
        noun, verb = _LABELS[self.kind]
        return f"Previewing {noun}" if self.planning else verb

    @property
    def noun(self) -> str:
        """The operation as a noun: update, refresh, destroy."""
        return _LABELS[self.kind][0]

    @property
    def stack_urn(self) -> str:
        """The URN of the root stack resource; messages without a URN belong to it."""
        return root_stack_urn(self.stack, self.project)

    def shows_message(self, said: Diagnostic) -> bool:
        """Whether a message is shown: of debug messages `traces` shows those with exceptions, `debug` shows all."""
        wanted = self.debug or (self.traces and is_traceback(said.message))
        return said.severity != "debug" or wanted

    def shows_step(self, step: StepMetadata) -> bool:
        """Whether a step gets a row; the row of the stack is always there."""
        # the root stack resource exists only in the state, so its refresh is not shown
        looks_at_itself = step.op == "refresh" and is_root_stack(step.urn)
        if is_default_provider(step.urn) or looks_at_itself:
            return False
        if step.op == "same":
            return self.sames or _protection_changes(step)
        listing = self.diff or self.json
        if step.op in READS and not listing:
            return self.reads
        half = step.op in REPLACEMENT and not step.logical
        return self.replacement_steps or not (half and (listing or self.planning))

    def lists_step(self, step: StepMetadata) -> bool:
        """Whether a step is listed in a diff or in JSON: if it is shown, and always for the stack."""
        return self.shows_step(step) or is_root_stack(step.urn)


def _protection_changes(step: StepMetadata) -> bool:
    return (
        step.old is not None
        and step.new is not None
        and step.old.protect != step.new.protect
    )
