"""The command `summary` as a person or a pipeline calls it."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_esa_cli.main import main
from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.server import running
from pulumi_esa_prefetch.provider.plan_decision import WAITING_CANNOT_STOP
from pulumi_esa_prefetch.report.analysis.summary import PrefetchSummary
from tests.support.previews import JOB_ID, create, old, plan_id, same, text, update

LIMITS = {"maxOriginUrlsPerSecond": 0.1, "enforce": "deny"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "preview.json"
    path.write_text(text(update("warm", 1, "stopped")))
    return path


def test_a_file_becomes_one_comment(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["summary", str(file), "--offline"])

    said = capsys.readouterr()
    assert (code, said.err) == (0, "")
    assert said.out.startswith("<!-- esa-prefetch summary of proj/dev -->\n")
    assert "| ~ `warm` | **will be started again** | this stack started it" in said.out
    assert "--offline" in said.out


def test_standard_input_is_read_where_no_file_is_named(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = io.TextIOWrapper(io.BytesIO(file.read_bytes()))
    monkeypatch.setattr("sys.stdin", given)

    code = main(["summary", "--offline", "--json"])

    assert code == 0
    summary = PrefetchSummary.model_validate_json(capsys.readouterr().out)
    assert [plan.name for plan in summary.plans] == ["warm"]


def test_a_state_adds_what_the_preview_leaves_out(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state.json"
    resources = [old("warm", 1), old("kept", 2, "running")]
    state.write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}))

    given = [str(file), "--state", str(state), "--at", "2026-11-11T01:00:00Z"]
    main(["summary", *given, "--offline", "-o", "json"])

    summary = PrefetchSummary.model_validate_json(capsys.readouterr().out)
    assert summary.counts.same == 1
    assert summary.origins[0].plans == ("kept", "warm")


def test_the_moment_to_count_from_can_be_given(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["summary", str(file), "--offline", "--at", "2026-11-11T08:30:00+08:00"])

    assert "Forecast from 2026-11-11 00:30 UTC" in capsys.readouterr().out


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["summary", "--schema"])

    assert code == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Summary"


def test_an_enforced_limit_prints_the_comment_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "preview.json"
    config = {"esa-prefetch:limits": json.dumps(LIMITS)}
    path.write_text(text(update("warm", 1, "stopped"), config=config))

    code = main(["summary", str(path), "--offline", "--at", "2026-11-11T00:00:00Z"])

    said = capsys.readouterr()
    assert code == 1
    assert "[!CAUTION]" in said.out
    assert said.err == (
        "error: an enforced limit is broken: warm would load the origin of job "
        f"{'a' * 24} with 0.333 URLs/s, above the limit of 0.1\n"
    )


@pytest.mark.parametrize(("count", "also"), [(1, ""), (3, " (and 2 more)")])
def test_a_plan_that_will_fail_prints_the_comment_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], count: int, also: str
) -> None:
    path = tmp_path / "preview.json"
    steps = [
        update(f"warm-{n}", n, "waiting", desired_state="stopped")
        for n in range(1, count + 1)
    ]
    path.write_text(text(*steps))

    code = main(["summary", str(path), "--offline"])

    said = capsys.readouterr()
    assert code == 1
    assert "is waiting and ESA stops only running plans" in said.out
    assert said.err == (
        f"error: the deployment will fail: warm-1 {WAITING_CANNOT_STOP}{also}\n"
    )


def test_a_failed_preview_prints_the_comment_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "preview.json"
    said = [{"message": "error: the plan does not exist", "severity": "error"}]
    path.write_text(text(create("warm", 1), diagnostics=said))

    code = main(["summary", str(path), "--offline"])

    printed = capsys.readouterr()
    assert code == 1
    assert "The preview failed; what follows is incomplete" in printed.out
    assert "error: the plan does not exist" in printed.out
    assert printed.err.startswith("error: the preview failed")


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An ESA in which plan 1 runs and plan 2 is stopped, and keys for it in the environment."""
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "emulator-key")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "emulator-secret")
    window = {"StartTime": "-1h", "EndTime": "+1h", "Interval": 30, "SliceLen": 1}
    plans = [
        {"Id": plan_id(number), "Status": status, **window}
        for number, status in ((1, "running"), (2, "stopped"))
    ]
    urls = [f"http://a.example/{number}" for number in range(500)]
    job = {"Id": JOB_ID, "SiteId": 1, "UrlList": urls, "plans": plans}
    seed = {"sites": [{"SiteId": 1, "Status": "active"}], "jobs": [job]}
    with running(create_app(seed=seed)) as address:
        yield address


@pytest.mark.parametrize(
    ("given", "code", "expecting", "line"),
    [
        ("as declared", 0, 0, "everything is as declared."),
        ("drift", 0, 7, "drift: warm will be started again with up --refresh: this"),
        ("--offline", 0, 1, "not verified; ESA was not read (--offline)"),
        ("no network", 0, 1, "not verified; ESA was not read, or not completely (Get"),
        ("a wrong key", 1, 1, "not verified; ESA was not read, or not completely (Get"),
    ],
)
def test_the_exit_code_says_whether_esa_is_as_declared(
    tmp_path: Path,
    endpoint: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    given: str,
    code: int,
    expecting: int,
    line: str,
) -> None:
    path = tmp_path / "preview.json"
    where = "http://127.0.0.1:9" if given == "no network" else endpoint
    config = {"esa-prefetch:endpoint": where}
    warm = same("warm", 2 if given == "drift" else 1, "running")
    path.write_text(text(warm, config=config))
    if given == "a wrong key":
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "wrong")
    options = ["--output", "line", *(["--offline"] if given == "--offline" else [])]

    for flag, expected in (([], code), (["--expect-no-changes"], expecting)):
        exited = main(["summary", str(path), *options, *flag])

        said = capsys.readouterr()
        assert exited == expected
        assert said.out.startswith(f"proj/dev: {line}")
        assert said.out.count("\n") == 1
        assert bool(said.err) == bool(expected)


def test_a_change_of_any_resource_is_a_change(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["summary", str(file), "--offline", "--expect-no-changes"])

    assert code == 7
    assert capsys.readouterr().err == (
        "error: no changes were expected, and something changes or has drifted\n"
    )


@pytest.mark.parametrize(
    ("arguments", "content", "sentence"),
    [
        (["summary", "missing.json"], "", "missing.json: No such file or directory"),
        (["summary", "."], "", ".: Is a directory"),
        (["summary", "given"], "", "the preview is empty"),
        (["summary", "given"], "{", "the preview ends in the middle (line 1)"),
        (["summary", "given"], "\x00\xff", "given: this is not text in UTF-8"),
        (["summary", "given", "--at", "noon"], '{"steps": []}', "--at: 'noon' is not"),
        (["summary", "given", "--state", "given"], '{"steps": []}', "the state has no"),
        (
            ["summary", "given"],
            '{"steps": [], "config": {"esa-prefetch:limits": "{"}}',
            "esa-prefetch:limits: must be a map",
        ),
        (["summary", "given", "--output", "xml"], "", "Invalid value for '--output'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_sentence_and_nothing_else(
    arguments: list[str],
    content: str,
    sentence: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "given").write_bytes(content.encode("latin-1"))

    code = main([*arguments, "--offline"])

    said = capsys.readouterr()
    assert (code, said.out) == (1, "")
    assert said.err.startswith(f"error: {sentence}")
    assert said.err.count("\n") == 1
