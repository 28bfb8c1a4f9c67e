"""All parsers by name: the law of each, documents that are right, and what once broke it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fuzz import emulator_targets as emulator
from tests.fuzz import engine_targets as engine
from tests.fuzz import product_targets as product
from tests.fuzz.product_targets import JOB_ID, PLAN_ID
from tests.support.engine_stacks import SALT
from tests.support.previews import old

Law = Callable[[bytes], None]


@dataclass(frozen=True)
class Target:
    """`documents` are JSON, `texts` are anything else, `found` is what the law failed on once."""

    law: Law
    documents: tuple[Any, ...] = ()
    texts: tuple[bytes, ...] = ()
    found: tuple[bytes, ...] = ()

    def examples(self) -> list[bytes]:
        """All that is known, for a start."""
        documents = (json.dumps(document).encode() for document in self.documents)
        return [*documents, *self.texts, *self.found]


URN = "urn:pulumi:dev::proj::a:b:C::c"
KEY, SECRET, FLOAT = (
    "4dabf18193072939515e22adb298388d",
    "1b47061264138c4ac30d75fd1eb44270",
    "8ad145fe-0d11-4827-bfd7-1abcbf086f5c",
)
PARENT = {"urn": "urn:pulumi:dev::proj::a:b:C::p", "custom": False, "type": "a:b:C"}
RECORD = {
    "urn": URN,
    "custom": True,
    "type": "a:b:C",
    "id": "i",
    "inputs": {"a": 1},
    "outputs": {
        "a": {KEY: SECRET, "ciphertext": "[1,2]"},
        "f": {KEY: FLOAT, "value": "7ff8000000000000"},
    },
    "parent": PARENT["urn"],
    "provider": "a::b",
    "dependencies": [PARENT["urn"]],
    "propertyDependencies": {"a": [PARENT["urn"]]},
    "aliases": ["x::y"],
    "initErrors": ["x"],
    "customTimeouts": {"create": "5m"},
    "created": "2026-11-22T23:02:37.262503748Z",
    "replaceWith": [URN],
    "replacementTrigger": 1,
    "stackTrace": [{"sourcePosition": "project:///a.py#1"}],
}
DEPLOYMENT: dict[str, Any] = {
    "manifest": {"version": "", "magic": ""},
    "secrets_providers": {"type": "passphrase", "state": {"salt": SALT}},
    "resources": [PARENT, RECORD],
    "pending_operations": [{"type": "creating", "resource": RECORD}],
    "metadata": {},
}


def checkpoint(**changes: Any) -> dict[str, Any]:
    """A checkpoint whose deployment is right but for these parts."""
    latest = {**DEPLOYMENT, **changes}
    return {"version": 4, "features": ["taint"], "checkpoint": {"latest": latest}}


def _json(document: Any) -> bytes:
    return json.dumps(document).encode()


def _record(**changes: Any) -> bytes:
    return _json(checkpoint(resources=[PARENT, {**RECORD, **changes}]))


ENTRIES: list[dict[str, Any]] = [
    {"entry": "begin", "op": 1, "type": "creating", "resource": RECORD},
    {"entry": "done", "op": 1, "old": None, "new": RECORD, "old_becomes": None},
    {"entry": "failed", "op": 1},
    {"entry": "amended", "urn": URN, "new": RECORD},
    {"entry": "removed", "urn": URN},
    {"entry": "refreshed", "old": 0, "new": RECORD},
    {
        "entry": "rebased",
        "base": {
            "resources": [RECORD],
            "pending_operations": [{"resource": RECORD, "type": "creating"}],
            "metadata": {},
            "extra": {},
        },
    },
    {"folded": "ab"},
]


def _journal(*entries: Any) -> bytes:
    return engine.journal_of(*map(_json, entries))


PROJECT = b"""name: proj
runtime: {name: python, options: {virtualenv: .venv}}
main: a/
stackConfigDir: b
backend: {url: 'file://x'}
config:
  proj:a: 1
  b: {default: [1, x]}
  c: {value: 2026-01-01}
plugins: {providers: [{name: a, path: b}]}
"""
STACK = b"""encryptionsalt: %s
config:
  proj:a: 0x1f # c
  b:c: {secure: 'v1:a:b'}
  proj:d: &x [1, 2.5, 2026-01-01, ~]
  proj:e: *x
  proj:f:
    <<: {a: 1}
    b: |
      text
""" % SALT.encode()
# Two to the thirtieth of one text, should anybody write it out.
LAUGHS = b"a0: &a0 [ha, ha]\n" + b"".join(
    b"a%d: &a%d [*a%d, *a%d]\n" % (n, n, n - 1, n - 1) for n in range(1, 31)
)

PLAN = {
    "RequestId": "R",
    "Id": PLAN_ID,
    "StartTime": "2024-05-31T17:10:48.849+08:00",
    "EndTime": "2024-05-31T18:10:48.849+08:00",
    "Interval": 60,
    "SliceLen": 10,
    "Status": "waiting",
    "JobId": JOB_ID,
    "AliUid": "1",
}
JOB = {
    "RequestId": "R",
    "Id": JOB_ID,
    "Name": "n",
    "SiteId": 1,
    "UrlCount": 1,
    "UrlSubmitted": 1,
    "TaskSubmitted": 0,
    "ErrorInfo": "",
    "CreatedAt": "2024-05-31T17:10:48Z",
    "Domains": "a.example",
}
ANSWERS = (
    PLAN,
    JOB,
    {"TotalCount": 1, "Executions": [PLAN], "RequestId": "R"},
    {"TotalCount": 60, "Jobs": [JOB], "PageNumber": 1, "PageSize": 50},
    {"TotalCount": 1, "SuccessCount": 0, "FailedExecutions": [PLAN]},
    {"TotalCount": 1, "SuccessExecutions": [PLAN], "FailedMessages": ["x"]},
    {"Code": "TooManyRequests", "Message": "x", "RequestId": "R", "HostId": "h"},
    {"Code": "NoPermission", "AccessDeniedDetail": {"AuthAction": "a"}},
)
DECLARED = {
    "plan_id": PLAN_ID,
    "job_id": JOB_ID,
    "desired_state": "running",
    "triggers": {"a": 1},
    "rerun": "resume",
    "on_destroy": "delete",
    "restart_failed": True,
    "restart_finished": False,
    "__provider": "x",
}
RECORDED = {
    **DECLARED,
    "status": "running",
    "start_time": "2026-01-01T00:00:00Z",
    "end_time": "",
    "interval": 60,
    "slice_len": 1.0,
    "ali_uid": "1",
    "request_id": "r",
    "starts": 1,
}
PLANS = {
    "a": {
        "planId": PLAN_ID,
        "jobId": JOB_ID,
        "desiredState": "running",
        "triggers": {"a": 1},
        "rerun": "resume",
        "onDestroy": "stop",
        "restartFailed": True,
        "restartFinished": False,
    },
    "b": {"planId": f"{JOB_ID}:{PLAN_ID}"},
}
LIMITS = {
    "maxOriginUrlsPerSecond": 5,
    "freeze": [
        {"name": "a", "window": "2026-11-11T00:00:00Z/PT24H"},
        {"name": "b", "window": {"start": "2026-11-11T00:00:00Z", "end": "2027-01-01"}},
        "2026-11-11 09:30:00 +0800 +0800/PT1H",
    ],
    "enforce": {"fit": "warn"},
}
KEYS = {"esa-prefetch:accessKey": "k", "esa-prefetch:secretKey": product.SECRET}
SETTINGS = (
    {
        **KEYS,
        "esa-prefetch:securityToken": "t",
        "esa-prefetch:endpoint": "127.0.0.1:8866",
        "alicloud:protocol": "HTTP",
        "esa-prefetch:maxQps": "5",
        "esa-prefetch:deadline": "10",
        "esa-prefetch:verify": "false",
        "esa-prefetch:debug": "true",
    },
    {**KEYS, "alicloud:endpoints": '[{"esa": "h:1"}]', "alicloud:region": "x"},
    {"alicloud:assumeRole": '{"roleArn": "a"}', "ALICLOUD_ACCESS_KEY": "k"},
    {"ALIBABA_CLOUD_ACCESS_KEY_ID": "k", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s"},
    {**KEYS, "esa-prefetch:accountType": "International", "ESA_ENDPOINT": "x"},
    {
        "alicloud:assumeRoleWithOidc": '{"roleArn": "a", "oidcProviderArn": "b"}',
        "alicloud:profile": "p",
        "alicloud:credentialsUri": "http://u:p@h/",
    },
)
OLD = old("b", 2)
PREVIEW = {
    "config": {"esa-prefetch:limits": "{}"},
    "steps": [
        {"op": "update", "urn": OLD["urn"], "oldState": OLD, "newState": OLD},
        {"op": "delete", "urn": "urn:x", "oldState": OLD, "diffReasons": ["x"]},
        {"op": "create", "urn": "urn:y", "newState": OLD, "replaceReasons": None},
    ],
    "diagnostics": [{"message": "m", "severity": "error", "urn": "u"}],
    "changeSummary": {"create": 1},
}
RAM = {
    "Version": "1",
    "Statement": [{"Effect": "Allow", "Action": ["esa:*"], "Resource": "*"}],
}
ACCESS_KEY = {
    "AccessKeyId": "k",
    "AccessKeySecret": "s",
    "SecurityToken": "t",
    "Expiration": "+1h",
    "Policy": RAM,
}
SEED = {
    "sites": [{"SiteId": 1, "Status": "active", "SiteName": "a.example"}],
    "jobs": [
        {
            "Id": JOB_ID,
            "SiteId": 1,
            "Name": "n",
            "UrlList": ["http://a.example/1"],
            "plans": [{**PLAN, "StartTime": "+1h", "EndTime": "+2h"}],
        }
    ],
    "keys": [ACCESS_KEY],
    "oss": {"https://b.example/list": ["http://a.example/1"]},
}
for key in ("RequestId", "JobId", "AliUid"):
    del SEED["jobs"][0]["plans"][0][key]  # type: ignore[index]
FAULTS = {
    "seed": 7,
    "faults": [
        {"kind": "stall", "name": "stall", "seconds": 1, "probability": 0.5},
        {"kind": "reset", "when": "after", "calls": [1], "ids": ["a"], "times": 3},
        {"kind": "throttle", "status": 429, "retry_after": 1, "every": 2},
    ],
}
DATA = (
    {
        "now": "2026-11-23T00:00:00Z",
        "changes": [{"record": {"id": 1, "status": "active", "kind": "site"}}],
        "batches": [],
        "entries": [],
    },
)


def _data(*lines: Any) -> bytes:
    head = b'{"format":"esa-emulator","version":1}'
    return b"".join(line + b"\n" for line in (head, *map(_json, lines)))


_ORPHAN = {
    "id": PLAN_ID,
    "job_id": JOB_ID,
    "start_time": None,
    "end_time": None,
    "interval": 1,
    "slice_len": 1,
    "status": "waiting",
    "queued_at": "2026-11-23T00:00:00Z",
    "ali_uid": "1",
    "kind": "plan",
}

TARGETS: dict[str, Target] = {
    "checkpoint": Target(
        engine.read_checkpoint,
        (checkpoint(),),
        found=(
            _json(checkpoint(secrets_providers="x")),
            _json(checkpoint(secrets_providers={"type": "passphrase", "state": [1]})),
            _json(checkpoint(metadata=[1])),
            _json(checkpoint(manifest={"version": {"a": 1}})),
            _json({**checkpoint(), "features": 5}),
            _json({**checkpoint(), "features": [{}]}),
            _json({**checkpoint(), "version": ["x" * 10_000]}),
            _record(outputs={"a": {KEY: {}}}),
            _record(custom="a\u0085b"),
            _record(parent="a\nb"),
            _record(dependencies=[{}]),
            _record(propertyDependencies={"a": 1}),
            _record(propertyDependencies={"a": [[]]}),
            _record(inputs={"a": {KEY: SECRET, "plaintext": "[" * 100_000}}),
            b'{"version":3,"checkpoint":{"latest":{"resources":[{"urn":"u","inputs":{"a":'
            + b"[" * 450
            + b"]" * 450
            + b"}}]}}}",
        ),
    ),
    "journal": Target(
        engine.read_journal_file,
        texts=(_journal(*ENTRIES), *(_journal(entry) for entry in ENTRIES)),
        found=(
            _journal("text"),
            _journal({"entry": "begin", "op": 1, "type": "creating", "resource": True}),
            _journal({"entry": "begin", "op": {}, "type": "x", "resource": RECORD}),
            _journal({"entry": "rebased", "base": ""}),
            _journal({"entry": "refreshed", "old": "refreshed", "new": RECORD}),
            _journal({"entry": "amended", "urn": {}, "new": RECORD}),
            _journal({"entry": "amended", "urn": URN, "new": None}),
            _journal({"entry": "done", "op": None, "old": None, "new": 5}),
            b"[" * 100_000 + b"\n",
        ),
    ),
    "project": Target(engine.read_project_file, texts=(PROJECT,), found=(LAUGHS,)),
    "stack file": Target(
        engine.read_stack_file,
        texts=(STACK,),
        found=(
            b"config: 0",
            b'config: ""',
            b"config: {a: {<<: 1}}",
            b"config: {a: &x 1, b: &x 2}",
            b"config: {a: %s}" % (b"9" * 5000),
            b"config:\n" + b"".join(b"  " + x for x in LAUGHS.splitlines(True)),
            b"config:\n" + b"".join(b"  " + x for x in LAUGHS.splitlines(True)[:16]),
        ),
    ),
    "ciphertext": Target(
        engine.read_ciphertext,
        texts=(b"v1:Z1hiR+0Zo7EPAx6r:ODxnMP4Gfa8p4MlsmJNRUwXhqjpX4w==",),
    ),
    "config path": Target(
        engine.read_config_path,
        texts=(b'proj:a.b[0]["c d"].*', b"proj:config:a", b"a.secure"),
        found=(b"a[\n", b"a:b:\nc", b"a.b[0].\n[1]"),
    ),
    "workspace": Target(
        engine.read_workspace,
        ({"stack": "a", "stacks": {"file://x": "dev"}},),
        found=(b'{"stacks": "x"}', b"[" * 100_000),
    ),
    "lock": Target(
        engine.read_lock,
        ({"pid": 1, "username": "a", "hostname": "b", "timestamp": "2026"},),
        found=(
            b'{"pid": 1e999, "username": "a", "hostname": "b", "timestamp": ""}',
            b"[" * 100_000,
        ),
    ),
    "answers": Target(product.read_answers, ANSWERS),
    "time": Target(
        product.read_time,
        texts=(
            b"2024-05-31T17:10:48.849+08:00",
            b"0001-01-01T00:00:00+23:59",
            b"9999-12-31T23:59:60-23:59",
            b"2024-01-01T00:00:00+Z",
            b"+1d2h",
        ),
    ),
    "limits": Target(
        product.read_limits,
        (LIMITS,),
        found=(
            b'{"freeze": ["2026-01-01T00:00:00Z/P999999999D"]}',
            b'{"freeze": ["0001-01-01T00:00:00+14:00/PT1H"]}',
            b'{"x\\ny": 1}',
        ),
    ),
    "plan config": Target(
        product.read_plan_config, (PLANS,), found=(b'{"a\\nb": {}}', b'{"\\u0091": {}}')
    ),
    "settings": Target(
        product.read_settings_of,
        SETTINGS,
        found=(
            _json({**KEYS, "esa-prefetch:endpoint": "xn--a"}),
            _json({**KEYS, "esa-prefetch:secretKey": "\udcff"}),
            _json({**KEYS, "alicloud:endpoints": "[" * 100_000}),
            _json({**KEYS, "esa-prefetch:accountType": "x" * 10_000}),
        ),
    ),
    "declaration": Target(
        product.take_declaration,
        ({"id": f"{JOB_ID}:{PLAN_ID}", "olds": RECORDED, "news": DECLARED},),
        found=(_json({"olds": {}, "news": {"a\nb": 1}}),),
    ),
    "summary": Target(
        product.summarise,
        (PREVIEW, {"version": 3, "deployment": {"resources": [OLD]}}),
        found=(
            _json({"steps": [], "diagnostics": [{"severity": "error"}]}),
            _json({"steps": [{"op": "create", "urn": "a\nb", "newState": OLD}]}),
            _json(
                {
                    "version": 3,
                    "deployment": {
                        "resources": [{**OLD, "propertyDependencies": {"\x1f": None}}]
                    },
                }
            ),
        ),
    ),
    "seed": Target(emulator.read_seed, (SEED,)),
    "faults": Target(
        emulator.read_faults,
        (FAULTS,),
        found=(
            b'{"\\u008c": 1}',
            b'{"a\\nb": 1}',
            b'{"faults": [{"kind": "a\\nb"}]}',
        ),
    ),
    "policy": Target(emulator.read_policy, (RAM,)),
    "data file": Target(
        emulator.read_data_file,
        texts=(_data(*DATA),),
        found=(
            _data({**DATA[0], "changes": [{"record": _ORPHAN}]}),
            _data(*DATA, {**DATA[0], "now": "2026-11-23T00:00:00"}),
        ),
    ),
    "control": Target(
        emulator.take_control,
        (
            {"advance": 5},
            {"enabled": True},
            {"dialects": ["times-utc"]},
            FAULTS,
            ACCESS_KEY,
            {"SiteId": 5, "Status": "active", "JobLimit": 1},
        ),
    ),
    "request": Target(
        emulator.answer_request,
        texts=(
            b"StartScheduledPreloadExecution\nId=1&Action=x",
            (
                b"ACS3-HMAC-SHA256 Credential=emulator-key,SignedHeaders=host;x-acs-date,"
                b"Signature=00"
            ),
            (
                b"Action=ListScheduledPreloadJobs&SignatureMethod=HMAC-SHA1&AccessKeyId=x&"
                b"Signature=x&Timestamp=2026&SignatureNonce=1&Version=2024-09-10\n"
            ),
        ),
    ),
}
