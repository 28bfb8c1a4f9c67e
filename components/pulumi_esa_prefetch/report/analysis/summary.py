"""What a deployment means for plans and origins, as one frozen value; draws nothing.

`PrefetchSummary` is what `esa-prefetch summary --output json` prints, and `--schema` its JSON Schema.
"""

import json
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from pulumi_esa_prefetch.api.safe_text import printable_json

Change = Literal["create", "update", "replace", "delete"]
Source = Literal["preview", "esa", "state", "none"]


class _SummaryModel(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        json_schema_serialization_defaults_required=True,
    )


class Counts(_SummaryModel):
    """How many ScheduledPrefetch resources each kind of change concerns."""

    create: int = 0
    update: int = 0
    replace: int = 0
    delete: int = 0
    same: int = 0


class PlanChange(_SummaryModel):
    """One changed resource: what will be done about its plan, why, and what follows.

    Null is what cannot be known before the deployment, or without asking ESA.
    """

    name: str
    urn: str
    change: Change
    what: str = Field(
        description="What will be done, in words; their subject is the plan."
    )
    why: str = Field(description="The decision's reason; its subject is the plan.")
    starts: bool = Field(description="Start may be called.")
    stops: bool = Field(description="Stop may be called.")
    nothing_to_do: bool = Field(
        description="It is started and submits nothing: its job's list is done by then."
    )
    refused: bool = Field(description="The deployment will fail here.")
    plan_id: str | None
    job_id: str | None
    status: str | None = Field(description="The status before the deployment.")
    start_time: AwareDatetime | None
    end_time: AwareDatetime | None
    interval: int | None = Field(description="Seconds between two batches.")
    slice_len: int | None = Field(description="URLs per batch.")
    urls_per_second: float | None
    batches: int | None = Field(description="Batches that will be submitted.")
    urls: int | None = Field(description="URLs that will be submitted.")
    first: AwareDatetime | None = Field(
        description="The first batch; of a plan that runs already, the next."
    )
    last: AwareDatetime | None = Field(description="The last batch.")
    fits: bool | None = Field(description="The job's list is done within the windows.")
    source: Source = Field(description="Where window and pace are known from.")


class Drift(_SummaryModel):
    """One resource that the preview does not change, and whose declaration ESA's status contradicts."""

    name: str
    urn: str
    plan_id: str | None
    job_id: str | None
    recorded: str | None = Field(description="The status in the state.")
    status: str | None = Field(description="The status in ESA; null: no such plan.")
    what: str = Field(description="What `up --refresh` will do, in words.")
    why: str = Field(description="The decision's reason; its subject is the plan.")


class OriginLoad(_SummaryModel):
    """The highest load on one origin, summed over all plans known here."""

    origin: str
    urls_per_second: float
    start: AwareDatetime
    end: AwareDatetime | None
    plans: tuple[str, ...]
    overlaps: int = Field(description="Times in which several plans load it at once.")


class Warned(_SummaryModel):
    """A limit that is not kept, or something else to know before merging."""

    kind: str
    level: Literal["warn", "deny"]
    plans: tuple[str, ...]
    text: str


class Frozen(_SummaryModel):
    """A freeze window of the configuration."""

    name: str
    start: AwareDatetime
    end: AwareDatetime


class OtherChange(_SummaryModel):
    """A changed resource that is not a ScheduledPrefetch."""

    change: str
    type: str
    name: str


class Message(_SummaryModel):
    """What the engine, a provider or the program said."""

    severity: str
    text: str


class PrefetchSummary(_SummaryModel):
    """All of it; lists are in a stable order."""

    # Its name in the published schema.
    model_config = ConfigDict(title="Summary")

    version: Literal[1] = 1
    project: str
    stack: str
    at: AwareDatetime = Field(description="The moment that forecasts count from.")
    failed: bool = Field(description="The preview failed, so that this is incomplete.")
    not_verified: str | None = Field(
        description="Why plans were not compared with ESA, or not all; null: they were."
    )
    counts: Counts
    plans: tuple[PlanChange, ...]
    drift: tuple[Drift, ...]
    origins: tuple[OriginLoad, ...]
    warnings: tuple[Warned, ...]
    freeze: tuple[Frozen, ...]
    others: tuple[OtherChange, ...]
    messages: tuple[Message, ...]
    notes: tuple[str, ...] = Field(description="What these figures leave out.")

    @property
    def denied(self) -> bool:
        """True if a limit is broken that is enforced."""
        return any(warned.level == "deny" for warned in self.warnings)

    @property
    def differs(self) -> bool:
        """True if what there is differs from what is declared; a failed preview may name too many changes."""
        changed = not self.failed and bool(self.plans or self.others)
        return changed or bool(self.drift)

    @property
    def refused(self) -> tuple[PlanChange, ...]:
        """The plans at which the deployment will fail."""
        return tuple(plan for plan in self.plans if plan.refused)

    def to_json(self) -> str:
        """Return it as JSON that follows the schema of `schema_text`."""
        content = self.model_dump(mode="json", by_alias=True)
        return printable_json(json.dumps(content, indent=2, ensure_ascii=False))


def schema_text() -> str:
    """Return the JSON Schema of what `to_json` writes, as JSON."""
    made = PrefetchSummary.model_json_schema(by_alias=True, mode="serialization")
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"
