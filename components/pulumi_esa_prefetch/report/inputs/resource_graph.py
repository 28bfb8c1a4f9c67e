"""The links between jobs, plans and their ScheduledPrefetch resources; makes no call.

pulumi_alicloud declares a job and its plans; a ScheduledPrefetch takes a plan's id from there. The link is
`propertyDependencies`, or the ids where both are known. A ScheduledPrefetch of the native face has the names of the
schema in previews and states; here it has those of the provider, so that no other code knows of two faces.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from pulumi_esa_prefetch.native.property_names import in_provider
from pulumi_esa_prefetch.provider.plan_properties import split_id
from pulumi_esa_prefetch.report.inputs.pulumi_documents import (
    SECRET,
    UNKNOWN,
    Preview,
    PreviewStep,
    ResourceEntry,
)

DYNAMIC_PREFETCH = "pulumi-python:dynamic/esa:ScheduledPrefetch"
NATIVE_PREFETCH = "esa-prefetch:index:ScheduledPrefetch"
PREFETCHES = frozenset({DYNAMIC_PREFETCH, NATIVE_PREFETCH})
PLAN = "alicloud:esa/scheduledPreloadExecution:ScheduledPreloadExecution"
JOB = "alicloud:esa/scheduledPreloadJob:ScheduledPreloadJob"

REMOVALS = frozenset({"delete", "discard"})


@dataclass(frozen=True, slots=True)
class ResourceNode:
    """A resource in a deployment: the operation on it, and its state before and after."""

    op: str
    old: ResourceEntry | None
    new: ResourceEntry | None

    @property
    def urn(self) -> str:
        """Its URN."""
        return self._either.urn

    @property
    def type(self) -> str:
        """Its type token."""
        return self._either.type

    @property
    def name(self) -> str:
        """Its name in the program."""
        return self._either.name

    @property
    def is_external(self) -> bool:
        """True if the program only reads it, and declares nothing about it."""
        return self._either.external

    @property
    def is_removed(self) -> bool:
        """True if it is deleted and not replaced."""
        return self.op in REMOVALS

    @property
    def is_taken_over(self) -> bool:
        """True if the native face takes a resource of the dynamic one over."""
        before, after = (side and side.type for side in (self.old, self.new))
        return before == DYNAMIC_PREFETCH and after == NATIVE_PREFETCH

    @property
    def keeps_id(self) -> bool:
        """True if it keeps its id: unchanged, updated, read or imported."""
        return self.op not in {"create", "replace"}

    @property
    def id(self) -> str:
        """The id that it has and keeps; empty if it will get a new one."""
        return (self.old or self._either).id if self.keeps_id else ""

    def value(self, key: str) -> Any:
        """Return a property as declared, else as in the state; None if it is not known yet, secret or absent."""
        if self.new is not None and key in self.new.inputs:
            return plain(self.new.inputs[key])
        if self.old is not None and self.keeps_id:
            has = self.old.outputs if key in self.old.outputs else self.old.inputs
            return plain(has.get(key))
        return None

    def depends_by(self, *keys: str) -> tuple[str, ...]:
        """Return the URNs that the given inputs come from."""
        return self._either.depends_by(*keys)

    @property
    def _either(self) -> ResourceEntry:
        resource = self.new or self.old
        assert resource is not None, "a node has at least one side"  # noqa: S101
        return resource


@dataclass(frozen=True, slots=True)
class ResourceGraph:
    """A stack's resources, by URN and by type and id."""

    nodes: Mapping[str, ResourceNode]
    by_id: Mapping[tuple[str, str], ResourceNode]

    @classmethod
    def of(cls, preview: Preview, state: Iterable[ResourceEntry] = ()) -> Self:
        """Join a preview and, if given, the state it started from.

        Resources that the preview leaves out are as in the state: without `--show-sames` it names only changes.
        """
        nodes = {
            resource.urn: ResourceNode("same", resource, resource)
            for resource in map(_in_provider_names, state)
            if not resource.delete
        }
        steps = {step.urn: _node(step) for step in preview.steps if step.state}
        every = nodes | steps
        by_id = {(node.type, _last(node.id)): node for node in every.values()}
        return cls(every, by_id)

    @classmethod
    def of_state(cls, state: Iterable[ResourceEntry]) -> Self:
        """Take the resources of a state, or of a policy's view of one, as unchanged."""
        return cls.of(Preview(steps=()), state)

    def prefetches(self) -> list[ResourceNode]:
        """Return the ScheduledPrefetch resources, in the order of their names."""
        found = [node for node in self.nodes.values() if node.type in PREFETCHES]
        return sorted(found, key=lambda node: (node.name, node.urn))

    def plan_of(self, prefetch: ResourceNode) -> ResourceNode | None:
        """Return the alicloud resource of its plan, if this stack has it."""
        _, plan_id = split_id(prefetch.value("plan_id"))
        return self._found(PLAN, prefetch.depends_by("plan_id"), plan_id)

    def job_of(
        self, prefetch: ResourceNode, plan: ResourceNode | None
    ) -> ResourceNode | None:
        """Return the alicloud resource of its job, if this stack has it."""
        job_id = prefetch.value("job_id") or split_id(prefetch.value("plan_id"))[0]
        sources = prefetch.depends_by("job_id", "plan_id")
        if plan is not None:
            sources += plan.depends_by("scheduledPreloadJobId")
            job_id = job_id or plan.value("scheduledPreloadJobId")
        return self._found(JOB, sources, job_id)

    def _found(
        self, kind: str, sources: Iterable[str], known_id: Any
    ) -> ResourceNode | None:
        """Return the only source of that type, else the resource with that id."""
        among = [self.nodes[urn] for urn in dict.fromkeys(sources) if urn in self.nodes]
        linked = [node for node in among if node.type == kind]
        if len(linked) == 1:
            return linked[0]
        if not isinstance(known_id, str):
            return None
        return self.by_id.get((kind, known_id.lower()))


def plain(value: Any) -> Any:
    """Return the value; None if it is unknown, secret or empty."""
    return None if value in (UNKNOWN, SECRET, "") else value


def _node(step: PreviewStep) -> ResourceNode:
    old, new = step.old_state, step.new_state
    return ResourceNode(
        step.op,
        old and _in_provider_names(old),
        new and _in_provider_names(new),
    )


def _in_provider_names(resource: ResourceEntry) -> ResourceEntry:
    if resource.type != NATIVE_PREFETCH:
        return resource
    names = ("inputs", "outputs", "property_dependencies")
    renamed = {name: in_provider(getattr(resource, name) or {}) for name in names}
    return resource.model_copy(update=renamed)


def _last(composite: str) -> str:
    return composite.rpartition(":")[2].lower()
