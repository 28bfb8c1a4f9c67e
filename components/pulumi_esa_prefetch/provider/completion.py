"""The provider of PrefetchCompletion, which only records; `resources.completion_polling` waits. Calls no API.

The program waits (``PrefetchCompletion``), because the host has only four threads. What it waited for arrives
here as an input, so that there is a resource on which others can depend. The module and name of ``Recorder`` are in
the state of every stack and must never change.
"""

from typing import Any

from pulumi.dynamic import CreateResult, DiffResult, ResourceProvider, UpdateResult
from pulumi.output import contains_unknowns

from pulumi_esa_prefetch.provider.messages import running_request
from pulumi_esa_prefetch.tracing.hook_spans import traced

PROPERTIES = ("plan", "until", "starts", "reached")


class Recorder(ResourceProvider):
    """Records in the state that a plan has reached the status that the program waited for."""

    serialize_as_secret_always = False

    @traced(running_request)
    def diff(
        self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]
    ) -> DiffResult:
        """Compare what was waited for.

        In a preview nothing is waited for and `reached` is unknown; that alone is no change. The case of
        the plan's id does not count.
        """
        reached = _news.get("reached")
        names = PROPERTIES[:-1] if contains_unknowns(reached) else PROPERTIES
        olds, news = _in_one_case(_olds), _in_one_case(_news)
        return DiffResult(changes=any(olds.get(n) != news.get(n) for n in names))

    @traced(running_request)
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Record it."""
        return CreateResult(f"{props['plan']}:{props['until']}", _record(props))

    @traced(running_request)
    def update(
        self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]
    ) -> UpdateResult:
        """Record it again."""
        return UpdateResult(_record(_news))


def _in_one_case(props: dict[str, Any]) -> dict[str, Any]:
    plan = props.get("plan")
    return props | {"plan": plan.lower() if isinstance(plan, str) else plan}


def _record(props: dict[str, Any]) -> dict[str, Any]:
    return {name: props[name] for name in PROPERTIES}
