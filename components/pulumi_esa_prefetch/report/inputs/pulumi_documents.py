"""The JSON of a preview and of a state as frozen models; knows nothing of prefetching.

The documents are those of `pulumi preview --json` and `pulumi stack export`, which the embedded engine writes
too, and the checkpoint of a local backend. Lines of log may stand around them.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.alias_generators import to_camel

from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.report.errors import ReportError
from pulumi_esa_prefetch.report.inputs.json_text import find_objects
from pulumi_esa_prefetch.settings.settings import NAMESPACE

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for a value that is not known before the deployment."""
SECRET = "[secret]"  # noqa: S105 -- a mask, not a secret
_STATE_KEYS = frozenset({"deployment", "checkpoint"})
_DYNAMIC = "pulumi:providers:pulumi-python"
_NATIVE = "pulumi:providers:esa-prefetch"
_SECRET_KEY = "4dabf18193072939515e22adb298388d"  # noqa: S105 -- marks wrapped values


class _DocumentModel(BaseModel):
    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True
    )


class ResourceEntry(_DocumentModel):
    """One resource of a preview or a state."""

    urn: str
    type: str
    id: str = ""
    delete: bool = False
    external: bool = False
    inputs: Mapping[str, Any] = Field(default_factory=dict)
    outputs: Mapping[str, Any] = Field(default_factory=dict)
    property_dependencies: Mapping[str, tuple[str, ...]] | None = None

    @property
    def name(self) -> str:
        """The name the program gave it: what follows the type in its URN."""
        return self.urn.split("::", 3)[-1]

    def depends_by(self, *keys: str) -> tuple[str, ...]:
        """Return the URNs that the given inputs come from."""
        known = self.property_dependencies or {}
        return tuple(urn for key in keys for urn in known.get(key, ()))


class PreviewStep(_DocumentModel):
    """One operation of a preview."""

    op: str
    urn: str
    old_state: ResourceEntry | None = None
    new_state: ResourceEntry | None = None

    @property
    def state(self) -> ResourceEntry | None:
        """The resource after the step, or before it if the step deletes it."""
        return self.new_state or self.old_state


class PreviewDiagnostic(_DocumentModel):
    """A message of the engine, a provider or the program."""

    message: str = ""
    severity: str = "info"
    urn: str = ""


class Preview(_DocumentModel):
    """What `preview --json` prints."""

    steps: tuple[PreviewStep, ...]
    config: Mapping[str, str] = Field(default_factory=dict)
    diagnostics: tuple[PreviewDiagnostic, ...] = ()
    change_summary: Mapping[str, int] = Field(default_factory=dict)


class _Deployment(_DocumentModel):
    resources: tuple[ResourceEntry, ...] = ()

    @field_validator("resources", mode="before")
    @classmethod
    def _null_is_empty(cls, value: Any) -> Any:
        """Read Go's null as an empty list."""
        return () if value is None else value


_Model = TypeVar("_Model", bound=BaseModel)


def read_preview(text: str) -> Preview:
    """Read a preview; ReportError if it is broken, empty or another document."""
    content = _json(text, "preview", "pulumi preview --json", {"steps"})
    if "steps" not in content:
        raise ReportError(_other_document(content))
    return _model(Preview, content, "preview")


def read_state(text: str) -> tuple[ResourceEntry, ...]:
    """Read the resources of an exported state, or of a checkpoint; secrets become `[secret]`.

    ReportError if it is broken, empty or another document.
    """
    content = _json(text, "state", "pulumi stack export", _STATE_KEYS)
    if "deployment" in content:
        return resources_of(content["deployment"])
    checkpoint = content.get("checkpoint")
    if not isinstance(checkpoint, dict):
        raise ReportError(
            "the state has no deployment: give the output of `pulumi stack export`, or a checkpoint"
        )
    return resources_of(checkpoint.get("latest") or {})


def resources_of(deployment: object) -> tuple[ResourceEntry, ...]:
    """Read the resources of a deployment, as an export or a checkpoint holds it.

    Secrets become `[secret]`. ReportError if it cannot be read.
    """
    return _model(_Deployment, _masked(deployment), "state").resources


def settings_of(resources: Iterable[ResourceEntry]) -> dict[str, str] | None:
    """Return the config that a state's plans were deployed with; secrets are masked here.

    The provider of dynamic resources has the stack's config as inputs, that of native ones its own settings. None
    if the state has neither.
    """
    found = {r.type: r.inputs for r in resources if not r.delete}
    if _DYNAMIC in found:
        return {name: _setting(value) for name, value in found[_DYNAMIC].items()}
    if _NATIVE in found:
        own = found[_NATIVE].items()
        return {f"{NAMESPACE}:{name}": _setting(value) for name, value in own}
    return None


def _setting(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _json(text: str, what: str, command: str, keys: Collection[str]) -> dict[str, Any]:
    """Return the object: all of the text, or the only one in it that has one of the keys."""
    if not text.strip():
        raise ReportError(f"the {what} is empty: give the output of `{command}`")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        return _among_log(text, what, command, keys, error)
    if not isinstance(content, dict):
        raise ReportError(f"the {what} is not an object: give that of `{command}`")
    return content


def _among_log(
    text: str, what: str, command: str, keys: Collection[str], error: Exception
) -> dict[str, Any]:
    found = find_objects(text)
    wanted = [each for each in found.objects if not each.keys().isdisjoint(keys)]
    if not wanted:
        broken = found.error or error
        raise ReportError(_broken(text, found.objects, what, command, broken))
    if len(wanted) > 1:
        raise ReportError(f"there is more than one {what} in the text: give one")
    return wanted[0]


def _broken(
    text: str,
    others: Iterable[Mapping[str, Any]],
    what: str,
    command: str,
    error: Exception,
) -> str:
    if any("sequence" in other for other in others):
        return (
            f"the {what} is a stream of events, such as `up --json` prints: "
            f"give the output of `{command}`"
        )
    if isinstance(error, json.JSONDecodeError):
        cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
        how = "ends in the middle" if cut else "is not JSON"
        return f"the {what} {how} (line {error.lineno}): run `{command}` again"
    return f"the {what} is not JSON that can be read: run `{command}` again"


def _other_document(content: Mapping[str, Any]) -> str:
    if not _STATE_KEYS.isdisjoint(content):
        return "this is a state, not a preview: give it with --state"
    if "sequence" in content:
        return (
            "this is an event, such as `up --json` prints, and not a preview: "
            "give the output of `pulumi preview --json`"
        )
    return "this JSON has no steps: give the output of `pulumi preview --json`"


def _model(model: type[_Model], content: object, what: str) -> _Model:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = one_line(".".join(str(part) for part in first["loc"]))
        raise ReportError(
            f"the {what} cannot be read at {place}: {first['msg']}"
        ) from None


def _masked(value: Any) -> Any:
    """Put `[secret]` where an export wraps a secret, encrypted or in plain text."""
    if isinstance(value, dict):
        if _SECRET_KEY in value:
            return SECRET
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    return value
