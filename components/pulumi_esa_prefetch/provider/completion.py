"""What the dynamic host calls for the record of a completion; it waits for nothing and calls no API.

The program waits (``PrefetchCompletion``), for the host has four threads only. What it waited for comes
here as an input, so that the engine has a resource on which others can depend. The place and name of
``Recorder`` stand in the state of every stack and are kept for ever.
"""

from typing import Any

from pulumi.dynamic import CreateResult, DiffResult, ResourceProvider, UpdateResult
from pulumi.output import contains_unknowns

PROPERTIES = ("plan", "until", "starts", "reached")


class Recorder(ResourceProvider):
    """Keeps in state that a plan got as far as it was waited for."""

    serialize_as_secret_always = False

    def diff(
        self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]
    ) -> DiffResult:
        """Compare what was waited for.

        Nobody waits in a preview, so that `reached` is unknown there: that alone is no change. Nor is the
        case in which the plan's id is written.
        """
        reached = _news.get("reached")
        names = PROPERTIES[:-1] if contains_unknowns(reached) else PROPERTIES
        olds, news = _in_one_case(_olds), _in_one_case(_news)
        return DiffResult(changes=any(olds.get(n) != news.get(n) for n in names))

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Record it."""
        return CreateResult(f"{props['plan']}:{props['until']}", _record(props))

    def update(
        self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]
    ) -> UpdateResult:
        """Record it anew."""
        return UpdateResult(_record(_news))


def _in_one_case(props: dict[str, Any]) -> dict[str, Any]:
    plan = props.get("plan")
    return props | {"plan": plan.lower() if isinstance(plan, str) else plan}


def _record(props: dict[str, Any]) -> dict[str, Any]:
    return {name: props[name] for name in PROPERTIES}
