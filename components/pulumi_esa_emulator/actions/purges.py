"""The two actions that purge the edge's cache, pure functions of records and parameters."""

from datetime import datetime, timedelta
from typing import Final, get_args

from pulumi_esa_emulator.actions.context import ActionContext, ActionResult
from pulumi_esa_emulator.actions.record_fields import purge_fields
from pulumi_esa_emulator.errors import Problem, invalid_parameter, missing_parameter
from pulumi_esa_emulator.messages.urls import parse_urls
from pulumi_esa_emulator.state.records import (
    PurgeRecord,
    PurgeStatus,
    PurgeType,
    Put,
    SiteRecord,
)

# The field of `Content` that each type requires (SDK model of this operation).
_FIELDS: Final[dict[PurgeType, str]] = {
    "file": "Files",
    "cachekey": "CacheKeys",
    "directory": "Directories",
    "ignoreParams": "IgnoreParams",
    "hostname": "Hostnames",
    "purgeall": "PurgeAll",
}
# DCDN's limit for one request; ESA documents none.
_MOST_OBJECTS: Final = 1000
_PAGE_SIZE: Final = 20
_MAX_PAGE_SIZE: Final = 50
_MAX_PAGE_NUMBER: Final = 100_000
_DAY: Final = timedelta(days=1)


def purge_caches(context: ActionContext) -> ActionResult:
    """Start a task that purges files, or other parts of a site, from the edge."""
    parameters = context.parameters
    site = context.site(parameters.integer("SiteId"))
    kind = _type(parameters.string("Type"))
    objects = _objects(context, kind, site)
    _refuse_excess(context, site, kind, len(objects))
    rules = context.rules
    task = PurgeRecord(
        id=context.new_id(),
        site_id=site.id,
        type=kind,
        objects=objects,
        created_at=context.now,
        ends_at=context.now + timedelta(seconds=rules.purge_seconds),
        ends=rules.purge_ends,
    )
    return ActionResult({"TaskId": task.id}, (Put(task),))


def describe_purge_tasks(context: ActionContext) -> ActionResult:
    """Return a page of a site's purge tasks of one type, newest first: a row per purged object."""
    parameters = context.parameters
    site = context.site(parameters.integer("SiteId"))
    kind = _type(parameters.optional_string("Type") or "file")
    status = parameters.optional_string("Status")
    if status not in {None, *get_args(PurgeStatus)}:
        raise invalid_parameter("Status", "it must be Complete, Refreshing or Failed")
    content = parameters.optional_string("Content")
    since, until = _period(context)
    number = parameters.optional_integer("PageNumber", _MAX_PAGE_NUMBER) or 1
    size = parameters.optional_integer("PageSize", _MAX_PAGE_SIZE) or _PAGE_SIZE
    tasks = [
        task
        for task in context.records.purges()
        if task.site_id == site.id
        and task.type == kind
        and status in {None, task.status(context.now)}
        and (since is None or since <= task.created_at.replace(microsecond=0))
        and (until is None or task.created_at.replace(microsecond=0) <= until)
    ]
    rows = [
        (task, row)
        for task in reversed(tasks)
        for row in _rows(context, task)
        if content is None or content in row
    ]
    page = rows[(number - 1) * size : number * size]
    return ActionResult(
        {
            "PageNumber": number,
            "PageSize": size,
            "TotalCount": len(rows),
            "Tasks": [purge_fields(task, row, context.now) for task, row in page],
        }
    )


def _rows(context: ActionContext, task: PurgeRecord) -> list[tuple[str, ...]]:
    if context.rules.purge_rows == "task":
        return [task.objects]
    return [(one,) for one in task.objects]


def _type(text: str) -> PurgeType:
    for kind in _FIELDS:
        if text == kind:
            return kind
    if text == "cachetag":
        raise invalid_parameter("Type", "the emulator's edge has no cache tags")
    raise invalid_parameter("Type", f"it must be one of {', '.join(_FIELDS)}")


def _period(context: ActionContext) -> tuple[datetime | None, datetime | None]:
    since, until = (context.parameters.time(name) for name in ("StartTime", "EndTime"))
    if (since is None) != (until is None):
        raise Problem("MissingTimeParameter")
    if since is not None and until is not None and until <= since:
        raise Problem("InvalidEndTime.Mismatch")
    return since, until


def _objects(
    context: ActionContext, kind: PurgeType, site: SiteRecord
) -> tuple[str, ...]:
    """What the request purges; one object that is invalid refuses all."""
    field = _FIELDS[kind]
    given = context.parameters.json_object("Content").get(field)
    if kind == "purgeall":
        if given is not True:
            raise _invalid(f"{field} must be true")
        return (site.name or str(site.id),)
    if not given:
        raise missing_parameter(f"Content.{field}")
    if not isinstance(given, list) or len(given) > _MOST_OBJECTS:
        raise _invalid(f"{field} must be a list of at most {_MOST_OBJECTS} items")
    texts = [one.get("Url") if isinstance(one, dict) else one for one in given]
    found = tuple(text for text in texts if isinstance(text, str) and text)
    if len(found) < len(given):
        raise _invalid(f"an item of {field} is not a string")
    _refuse_bad_urls(found, kind, site)
    return tuple(dict.fromkeys(found))


def _refuse_bad_urls(
    objects: tuple[str, ...], kind: PurgeType, site: SiteRecord
) -> None:
    urls = [f"http://{one}/" for one in objects] if kind == "hostname" else objects
    for url in urls:
        parsed = parse_urls(url, site.name)
        if parsed.accepted != (url,):
            raise _invalid(f"{parsed.error_info or 'InvalidUrl'} {url[:200]!r}")
    if kind == "directory" and not all(one.endswith("/") for one in objects):
        raise _invalid("a directory must end with a slash")


def _refuse_excess(
    context: ActionContext, site: SiteRecord, kind: PurgeType, count: int
) -> None:
    """Problem if the purges of one type within a day are more than the site's quota."""
    since = context.now - _DAY
    used = sum(
        len(one.objects)
        for one in context.records.purges()
        if one.site_id == site.id and one.type == kind and one.created_at > since
    )
    if site.purge_quota is not None and used + count > site.purge_quota:
        raise Problem("QuotaExceeded.Refresh")


def _invalid(why: str) -> Problem:
    return invalid_parameter("Content", why)
