"""Prints what `stack`, `stack output` and `stack history` show; changes nothing."""

import json
import re
import shlex
import socket
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pulumi_embedded_engine.config import config_values
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.property_values import (
    SECRET,
    SIGNATURE,
    map_values,
    reveal,
)
from pulumi_embedded_engine.model.state_records import Resource, Snapshot
from pulumi_embedded_engine.model.urns import ROOT_STACK_TYPE, name_of
from pulumi_embedded_engine.printable import one_line
from pulumi_embedded_engine.stacks.stack import Stack
from pulumi_embedded_engine.state import checkpoint
from pulumi_embedded_engine.state.checkpoint import Deployment
from pulumi_embedded_engine.state.encoding import StateEncoder, decode_resource
from pulumi_esa_cli.flags.common_options import MASK, warn
from pulumi_esa_cli.terminal.plan_table import is_plans, plan_table, terminal_width
from pulumi_esa_cli.terminal.printing import (
    age_text,
    echo,
    print_table,
    print_value,
    timestamp_text,
)

_MARGIN = "    "
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def stack_outputs(stack: Stack, *, secrets: bool) -> dict[str, Any]:
    """The outputs of a stack as JSON values, sorted; a passphrase is needed only to show secrets."""
    deployment = stack.deployment()
    decrypt = stack.secrets_of_salt(deployment.salt).decrypt if secrets else None
    for record in deployment.records:
        if record.get("type") == ROOT_STACK_TYPE and not record.get("parent"):
            found = decode_resource(record, decrypt).outputs
            shown = StateEncoder(None).value(reveal(found))
            return dict(sorted(map_values(shown, _masked).items()))
    return {}


def _masked(one: Any) -> Any:
    # an encrypted secret is a map with a signature
    return MASK if isinstance(one, dict) and one.get(SIGNATURE) == SECRET else one


def print_outputs(found: Mapping[str, Any]) -> None:
    """Print outputs as a table; prefetch plans as a table of their own."""
    echo(f"Current stack outputs ({len(found)}):")
    if not found:
        echo(f"{_MARGIN}No output values currently in this stack")
        return
    plans = [name for name in found if is_plans(found[name])]
    rows = [
        (one_line(name), config_values.value_text(found[name]))
        for name in found
        if name not in plans
    ]
    if rows:
        print_table([("OUTPUT", "VALUE"), *rows], _MARGIN)
    for name in plans:
        echo(f"{_MARGIN}{one_line(name)}:")
        for line in plan_table(found[name], terminal_width()):
            echo(line)


def print_shell_variables(found: Mapping[str, Any], *, named: bool) -> None:
    """Print outputs as assignments for a shell.

    An output whose name is not a valid variable name is left out with a warning; if it was asked for by name
    (`named`), EngineError is raised.
    """
    names = [name for name in found if _VARIABLE.fullmatch(name)]
    strange = [name for name in found if name not in names]
    if strange and named:
        raise EngineError(f"the output {strange[0]!r} cannot be a shell variable")
    for name in strange:
        warn(f"the output {name!r} is left out: it cannot be a shell variable")
    for name in names:
        print_value(f"{name}={shlex.quote(config_values.value_text(found[name]))}")


def print_overview(
    stack: Stack, name: str, *, urns: bool, ids: bool, secrets: bool
) -> None:
    """Print facts about a stack, its resources as a tree, and its outputs."""
    deployment, snapshot = _verified(stack)
    found = stack_outputs(stack, secrets=secrets)
    echo(f"Current stack is {name}:")
    echo(f"{_MARGIN}Managed by {socket.gethostname()}")
    if moment := deployment.updated_at:
        full = moment.text.replace("T", " ").replace("Z", " +0000 UTC")
        echo(f"{_MARGIN}Last updated: {age_text(moment, datetime.now(UTC))} ({full})")
    if deployment.written_by:
        echo(f"{_MARGIN}Pulumi version used: {deployment.written_by}")
    echo(f"Current stack resources ({len(snapshot.resources)}):")
    _print_tree(snapshot, urns=urns, ids=ids)
    echo()
    if snapshot.resources:
        print_outputs(found)
        echo()
    echo(
        "Use `esa-prefetch stack select` to change stack; `esa-prefetch stack ls` lists known ones"
    )


def _verified(stack: Stack) -> tuple[Deployment, Snapshot]:
    deployment = stack.deployment()
    snapshot = checkpoint.snapshot_of(deployment, None)
    checkpoint.require_integrity(deployment, snapshot)
    return deployment, snapshot


def stack_json(stack: Stack, *, secrets: bool) -> dict[str, Any]:
    """A stack with its resources and its outputs, in the schema of the CLI."""
    deployment, snapshot = _verified(stack)
    time = deployment.updated_at
    facts = {
        "time": time and timestamp_text(time),
        "pulumiVersion": deployment.written_by,
    }
    return {
        "project": stack.files.project,
        "stack": stack.name,
        "backend": socket.gethostname(),
        "tags": {},
        "manifest": {key: value for key, value in facts.items() if value},
        "resources": [_resource_json(record) for record in snapshot.resources],
        "outputs": stack_outputs(stack, secrets=secrets),
    }


def _resource_json(record: Resource) -> dict[str, str]:
    optional = {"id": record.id, "parent": record.parent}
    return {
        "urn": record.urn,
        "type": record.type,
        "name": name_of(record.urn),
        **{key: value for key, value in optional.items() if value},
    }


def _print_tree(snapshot: Snapshot, *, urns: bool, ids: bool) -> None:
    if not snapshot.resources:
        echo(f"{_MARGIN}No resources currently in this stack")
        return
    rows: list[tuple[str, str]] = [("TYPE", "NAME")]
    for record, lead, below in _tree(snapshot):
        details = [f"URN: {one_line(record.urn)}"] if urns else []
        details += [f"ID: {one_line(record.id)}"] if ids and record.id else []
        name = one_line(record.urn.rpartition("::")[2])
        rows.append((lead + one_line(record.type), name))
        rows += [(f"{below}{detail}", "") for detail in details]
    width = max(len(kind) for kind, name in rows if name)
    for kind, name in rows:
        echo(f"{_MARGIN}{kind.ljust(width)}  {name}".rstrip())


def _tree(snapshot: Snapshot) -> list[tuple[Resource, str, str]]:
    """Each record with the tree lines in front of it, and those in front of its details."""
    known = {record.urn for record in snapshot.resources}
    children: dict[str, list[Resource]] = {}
    for record in snapshot.resources:
        parent = record.parent if record.parent in known else ""
        children.setdefault(parent, []).append(record)
    roots = children.pop("", [])
    top = next((record for record in roots if record.type == ROOT_STACK_TYPE), None)
    if top is not None:
        # records without a parent are shown below the stack, after its children
        orphans = [record for record in roots if record is not top]
        children.setdefault(top.urn, []).extend(orphans)
        roots = [top]
    found: list[tuple[Resource, str, str]] = []
    # no recursion, because components may be nested deeply
    work = [(record, "", "") for record in roots[::-1]]
    while work:
        record, lead, below = work.pop()
        own = children.get(record.urn, [])
        found.append((record, lead, below + ("│  " if own else "   ")))
        for child in own[::-1]:
            branch, stem = ("└─ ", "   ") if child is own[-1] else ("├─ ", "│  ")
            work.append((child, below + branch, below + stem))
    return found


def history_json(
    stack: Stack, entries: Sequence[Mapping[str, Any]], *, secrets: bool
) -> list[dict[str, Any]]:
    """The updates as `--json` prints them; secrets of their configuration only with `secrets`."""
    decrypt = stack.secrets_manager().decrypt if secrets else None
    return [
        {
            "version": entry.get("version", 0),
            "kind": entry.get("kind", ""),
            "startTime": timestamp_text(_moment(entry.get("startTime"))),
            "message": entry.get("message", ""),
            "environment": entry.get("environment") or {},
            "config": {
                key: config_json(config_values.parse(value), decrypt)
                for key, value in sorted((entry.get("config") or {}).items())
            },
            "result": entry.get("result", ""),
            "endTime": timestamp_text(_moment(entry.get("endTime"))),
            "resourceChanges": entry.get("resourceChanges") or {},
        }
        for entry in entries
    ]


def config_json(value: Any, decrypt: Any) -> dict[str, Any]:
    """A configuration value as `--json` prints it; a secret has no value without `decrypt`."""
    secret = config_values.is_secret(value)
    if secret and decrypt is None:
        return {"secret": True}
    plain = config_values.decrypted(value, decrypt) if secret else value
    found: dict[str, Any] = {"value": config_values.program_text(plain)}
    if isinstance(plain, dict | list):
        found["objectValue"] = json.loads(json.dumps(plain, sort_keys=True))
    return found | {"secret": secret}


def _moment(seconds: Any) -> datetime:
    return datetime.fromtimestamp(seconds if isinstance(seconds, int) else 0, UTC)


def print_history(
    entries: Sequence[Mapping[str, Any]], page: int, *, full_dates: bool
) -> None:
    """Print updates for a person."""
    if not entries:
        none = f"No stack updates found on page '{page}'"
        echo(none if page > 1 else "Stack has never been updated")
    for entry in entries:
        _print_update(entry, full_dates=full_dates)


def _print_update(entry: Mapping[str, Any], *, full_dates: bool) -> None:
    changes = entry.get("resourceChanges") or {}
    counts = [changes.get(op, 0) for op in ("create", "delete", "update", "same")]
    start = _moment(entry.get("startTime"))
    took = int((_moment(entry.get("endTime")) - start).total_seconds())
    when = str(start) if full_dates else age_text(start, datetime.now(UTC))
    echo(f"Version: {entry.get('version', 0)}")
    for title, key in (
        ("UpdateKind", "kind"),
        ("Status", "result"),
        ("Message", "message"),
    ):
        echo(f"{title}: {one_line(str(entry.get(key, '')))}")
    echo("+{}-{}~{} {} ".format(*counts) + f"Updated {when} took {took}s")
    for key, value in sorted((entry.get("environment") or {}).items()):
        if str(value).strip():
            echo(f"{_MARGIN}{one_line(key)}: {one_line(str(value))}")
    echo()
