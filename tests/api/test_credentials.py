"""Keys from files, from a URI and from the default chain, fetched with Alibaba's credentials library."""

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from pulumi_esa_prefetch.api import (
    alibaba_credentials,
    key_reasons,
    key_requests,
)
from pulumi_esa_prefetch.api.credentials import (
    LibraryCredentials,
    StaticCredentials,
    provider_for,
)
from pulumi_esa_prefetch.api.errors import NoCredentials
from pulumi_esa_prefetch.settings.credential_sources import (
    AssumedRole,
    Credentials,
    CredentialsUri,
    DefaultChain,
    EcsRole,
    ExternalCommand,
    KeySource,
    OidcRole,
    Profile,
    SignedInProfile,
)

KEYS = Credentials("id", "secret-1", "token-1")


def profile_file(path: Path, **profiles: dict[str, str]) -> Path:
    content = {
        "current": "default",
        "profiles": [{"name": name, **fields} for name, fields in profiles.items()],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), "utf-8")
    return path


def ak(number: int) -> dict[str, str]:
    return {
        "mode": "AK",
        "access_key_id": f"id-{number}",
        "access_key_secret": f"secret-{number}",
    }


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from alibabacloud_credentials.utils import auth_constant  # noqa: PLC0415

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(auth_constant, "HOME", str(tmp_path))
    return tmp_path


def test_static_keys_are_given_and_cannot_be_renewed() -> None:
    source = provider_for(KEYS)

    assert isinstance(source, StaticCredentials)
    assert source.get() == KEYS
    assert source.renew(KEYS) is False


def test_a_profile_of_the_command_line_tool_gives_its_keys(home: Path) -> None:
    profile_file(home / ".aliyun" / "config.json", other=ak(1), prefetch=ak(2))

    assert provider_for(Profile("prefetch")).get() == Credentials("id-2", "secret-2")


def test_a_profile_of_another_file_gives_its_keys(tmp_path: Path) -> None:
    sts = {**ak(3), "mode": "StsToken", "sts_token": "token-3"}
    file = profile_file(tmp_path / "elsewhere.json", prefetch=sts)

    keys = provider_for(Profile("prefetch", str(file))).get()

    assert keys == Credentials("id-3", "secret-3", "token-3")


INI = """
[prefetch]
type = access_key
access_key_id = id-4
access_key_secret = secret-4
"""


def test_a_profile_of_the_ini_file_gives_its_keys(home: Path) -> None:
    file = home / ".alibabacloud" / "credentials.ini"
    file.parent.mkdir()
    file.write_text(INI)

    assert provider_for(Profile("prefetch")).get() == Credentials("id-4", "secret-4")
    assert provider_for(Profile("prefetch", str(file))).get().access_key_id == "id-4"


def test_a_profile_in_both_files_is_that_of_the_command_line_tool(home: Path) -> None:
    file = home / ".alibabacloud" / "credentials.ini"
    file.parent.mkdir()
    file.write_text(INI)
    profile_file(home / ".aliyun" / "config.json", prefetch=ak(2))

    assert provider_for(Profile("prefetch")).get().access_key_id == "id-2"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (
            "absent",
            '{"profiles": [{"name": "x"}]}',
            r"config\.json has no profile 'absent'",
        ),
        ("x", "{", r"config\.json is not valid JSON"),
        ("x", "[]", r"config\.json must hold an object with `profiles`"),
        ("x", "{}", "has no profile 'x'"),
        ("x", '{"profiles": {"name": "x"}}', "has no profile 'x'"),
    ],
)
def test_a_profile_without_keys_is_explained(
    name: str, text: str, words: str, home: Path
) -> None:
    file = home / ".aliyun" / "config.json"
    file.parent.mkdir()
    file.write_text(text)

    with pytest.raises(NoCredentials, match=words) as caught:
        provider_for(Profile(name)).get()

    assert str(caught.value).startswith(f"no access key from profile {name!r} (")
    assert "\n" not in str(caught.value)
    assert not caught.value.ambiguous


def test_a_profile_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    file = str(tmp_path / "nowhere.json")

    with pytest.raises(NoCredentials, match=r"nowhere\.json"):
        provider_for(Profile("x", file)).get()


def test_a_broken_ini_file_does_not_hide_the_json_file(home: Path) -> None:
    file = home / ".alibabacloud" / "credentials.ini"
    file.parent.mkdir()
    file.write_text("no section = 1\n")

    with pytest.raises(NoCredentials, match="json does not exist"):
        provider_for(Profile("prefetch")).get()


def test_a_renewed_profile_is_read_again(home: Path) -> None:
    file = profile_file(home / ".aliyun" / "config.json", prefetch=ak(1))
    source = provider_for(Profile("prefetch"))
    old = source.get()

    unchanged = source.renew(old)
    profile_file(file, prefetch=ak(2))
    before = source.get()
    changed = source.renew(old)

    assert (unchanged, changed) == (False, True)
    assert before == old
    assert source.get() == Credentials("id-2", "secret-2")


def test_of_many_threads_that_are_refused_one_renews(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = profile_file(home / ".aliyun" / "config.json", prefetch=ak(1))
    opened: list[KeySource] = []
    genuine = alibaba_credentials.open_provider

    def counting(source: KeySource) -> Any:
        opened.append(source)
        return genuine(source)

    monkeypatch.setattr(alibaba_credentials, "open_provider", counting)
    source = provider_for(Profile("prefetch"))
    old = source.get()
    profile_file(file, prefetch=ak(2))

    answers: list[bool] = []
    threads = [
        threading.Thread(target=lambda: answers.append(source.renew(old)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert answers == [True] * 8
    assert len(opened) == 2


def test_a_source_without_keys_is_asked_once(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[KeySource] = []
    genuine = alibaba_credentials.open_provider

    def counting(source: KeySource) -> Any:
        opened.append(source)
        return genuine(source)

    monkeypatch.setattr(alibaba_credentials, "open_provider", counting)
    source = provider_for(Profile("prefetch"))

    for _ in range(3):
        with pytest.raises(NoCredentials):
            source.get()

    assert len(opened) == 1
    profile_file(home / ".aliyun" / "config.json", prefetch=ak(1))
    assert source.renew(KEYS) is True


def test_the_last_keys_are_used_if_the_source_fails_later(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = profile_file(home / ".aliyun" / "config.json", prefetch=ak(1))
    source = provider_for(Profile("prefetch"))
    first = source.get()
    genuine = alibaba_credentials.read_keys

    def failing(_provider: Any) -> Credentials:
        raise OSError("no answer from the source")

    monkeypatch.setattr(alibaba_credentials, "read_keys", failing)
    during, renewed = source.get(), source.renew(first)
    monkeypatch.setattr(alibaba_credentials, "read_keys", genuine)
    profile_file(file, prefetch=ak(2))

    assert (during, renewed) == (first, False)
    assert source.renew(first) is True
    assert source.get() == Credentials("id-2", "secret-2")


@pytest.fixture
def key_server() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A credentials URI, and the list of its next answers."""
    answers: list[dict[str, str]] = []

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(answers.pop(0)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/keys", answers
        server.shutdown()
        thread.join(10)


def temporary(number: int) -> dict[str, str]:
    expires = datetime.now(UTC) + timedelta(hours=1)
    return {
        "Code": "Success",
        "AccessKeyId": f"STS.{number}",
        "AccessKeySecret": f"secret-{number}",
        "SecurityToken": f"token-{number}",
        "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def test_temporary_keys_come_from_a_uri_and_are_renewed_when_refused(
    key_server: tuple[str, list[dict[str, str]]],
) -> None:
    uri, answers = key_server
    answers += [temporary(1), temporary(2)]
    source = provider_for(CredentialsUri(uri))

    first, again = source.get(), source.get()
    renewed = source.renew(first)

    assert first == again == Credentials("STS.1", "secret-1", "token-1")
    assert renewed is True
    assert source.get() == Credentials("STS.2", "secret-2", "token-2")


def test_an_incomplete_answer_with_keys_is_not_quoted(
    key_server: tuple[str, list[dict[str, str]]],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    uri, answers = key_server
    half = {"Code": "Success", "AccessKeyId": "STS.1", "AccessKeySecret": "geheim"}
    answers += [half, half]

    with pytest.raises(NoCredentials) as caught:
        provider_for(CredentialsUri(f"{uri}?password=geheim")).get()

    ours = [record for record in caplog.records if "urllib3" not in record.name]
    logged = "".join(record.getMessage() for record in ours)
    out, err = capfd.readouterr()
    assert str(caught.value).startswith("no access key from the credentials URI (")
    for shown in (str(caught.value), logged, out, err):
        assert "geheim" not in shown


class Silent:
    """A source that answers only after `may_answer` is set, and counts the requests."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = 0
        self.may_answer = threading.Event()
        self._answers = threading.Semaphore(0)
        monkeypatch.setattr(alibaba_credentials, "open_provider", lambda _: self)
        monkeypatch.setattr(alibaba_credentials, "read_keys", lambda _: self._answer())

    def _answer(self) -> Credentials:
        self.asked += 1
        try:
            assert self.may_answer.wait(30)
            return Credentials(f"id-{self.asked}", "secret")
        finally:
            self._answers.release()

    def end(self) -> None:
        """Answer, and wait until nobody asks any longer."""
        self.may_answer.set()
        for _ in range(self.asked):
            assert self._answers.acquire(timeout=30)


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Silent]:
    source = Silent(monkeypatch)
    yield source
    source.end()


def test_a_source_that_does_not_answer_is_an_error_at_the_timeout(
    silent: Silent,
) -> None:
    with pytest.raises(NoCredentials) as caught:
        provider_for(CredentialsUri("http://user:geheim@keys/")).get(0.05)

    words = (
        "no access key from the credentials URI within 0.05 s; check that it answers"
    )
    assert silent.asked == 1
    assert str(caught.value).startswith(words)
    assert "esa-prefetch:deadline" in str(caught.value)
    assert "geheim" not in str(caught.value)
    assert all(
        thread.daemon for thread in threading.enumerate() if thread.name == "esa-call"
    )


def test_a_renewal_from_a_source_that_does_not_answer_is_an_error_at_the_timeout(
    silent: Silent,
) -> None:
    with pytest.raises(NoCredentials, match=r"within 0\.05 s"):
        provider_for(CredentialsUri("http://keys/")).renew(KEYS, 0.05)

    assert silent.asked == 1


def test_all_calls_together_wait_for_a_silent_source_as_long_as_one(
    silent: Silent,
) -> None:
    source = provider_for(CredentialsUri("http://keys/"))
    with pytest.raises(NoCredentials):
        source.get(0.05)
    began = time.monotonic()

    for _ in range(100):
        with pytest.raises(NoCredentials):
            source.get(0.05)

    assert time.monotonic() - began < 2.0
    assert silent.asked == 1


def test_a_late_answer_serves_the_callers_that_have_more_time(
    silent: Silent,
) -> None:
    source = provider_for(CredentialsUri("http://keys/"))
    with pytest.raises(NoCredentials):
        source.get(0.05)
    threading.Timer(0.1, silent.may_answer.set).start()

    assert source.get(30.0).access_key_secret == "secret"
    assert source.get(0.5).access_key_secret == "secret"


def test_the_last_keys_are_used_while_a_source_is_silent(silent: Silent) -> None:
    silent.may_answer.set()
    source = provider_for(CredentialsUri("http://keys/"))
    first = source.get()
    silent.may_answer.clear()
    with pytest.raises(NoCredentials):
        source.get(0.05)

    assert source.get(0.05) == first


def test_the_library_prints_nothing_to_the_terminal() -> None:
    alibaba_credentials.open_provider(DefaultChain())

    log = logging.getLogger("credentials")
    assert [type(handler) for handler in log.handlers] == [logging.NullHandler]
    assert not log.propagate


@pytest.mark.parametrize(
    "source",
    [CredentialsUri("https://keys.invalid/"), AssumedRole(KEYS, "acs:ram::1:r")],
)
def test_no_part_of_a_proxy_s_password_is_quoted(
    source: KeySource,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="pulumi_esa_prefetch.api")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://user:geheim/2@127.0.0.1:1")

    with pytest.raises(NoCredentials, match="its value is not understood"):
        provider_for(source).get()

    assert "its value is not understood" in caplog.text
    assert "geheim" not in caplog.text


def run_python(program: str, **environ: str) -> str:
    """Run a program in a new interpreter: the library reads the environment when it is imported."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ALIBABA", "ALICLOUD"))
    }
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", program],
        env={**clean, **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


CHAIN = """
import os
from pulumi_esa_prefetch.api.credentials import provider_for
from pulumi_esa_prefetch.api.errors import NoCredentials
from pulumi_esa_prefetch.settings.settings import read_settings
try:
    keys = provider_for(read_settings(lambda _: None, os.environ).credentials).get()
    print(keys.access_key_id, keys.access_key_secret, keys.security_token)
except NoCredentials as error:
    print(error)
"""


def test_the_default_chain_reads_the_environment() -> None:
    shown = run_python(
        CHAIN,
        ALIBABA_CLOUD_ACCESS_KEY_ID="id-5",
        ALIBABA_CLOUD_ACCESS_KEY_SECRET="secret-5",
    )

    assert shown == "id-5 secret-5 None\n"


def test_the_default_chain_reads_the_current_profile(home: Path) -> None:
    profile_file(home / ".aliyun" / "config.json", default=ak(6))

    assert run_python(CHAIN) == "id-6 secret-6 None\n"


def test_the_library_is_imported_only_when_it_is_needed() -> None:
    program = """
import sys
from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.credentials import Credentials, provider_for
provider_for(Credentials("id", "secret")).get()
print([name for name in sys.modules if name.startswith(("alibabacloud", "Tea", "aiohttp"))])
"""

    assert run_python(program) == "[]\n"


ROLE = "acs:ram::1:role/r"


@pytest.mark.parametrize(
    ("source", "provider", "words"),
    [
        (EcsRole("role"), "EcsRamRoleCredentialsProvider", "the ECS role 'role'"),
        (
            OidcRole(ROLE, "acs:ram::1:oidc-provider/p", "/token", seconds=900),
            "OIDCRoleArnCredentialsProvider",
            f"the RAM role {ROLE}",
        ),
        (
            AssumedRole(Credentials("id", "secret"), ROLE),
            "RamRoleArnCredentialsProvider",
            f"the RAM role {ROLE}",
        ),
        (
            AssumedRole(KEYS, ROLE, session_name="s", policy="{}", external_id="e"),
            "RamRoleArnCredentialsProvider",
            f"the RAM role {ROLE}",
        ),
        (
            SignedInProfile("p", "/f"),
            "CLIProfileCredentialsProvider",
            "profile 'p'",
        ),
        (
            DefaultChain(),
            "_ChainProvider",
            "the environment, profile files or an ECS role",
        ),
        (
            ExternalCommand("echo geheim"),
            "_ExternalProvider",
            "the command of a profile",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_source_has_its_provider_and_description(
    source: KeySource, provider: str, words: str
) -> None:
    keys = provider_for(source)

    assert type(alibaba_credentials.open_provider(source)).__name__ == provider
    assert key_reasons.describe(source) == words
    assert isinstance(keys, LibraryCredentials)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "error refreshing credentials from http://u:geheim@k/,  http_code=403, result: geheim",
            "it refused, http_code=403",
        ),
        (
            "error retrieving credentials from k?x=geheim result: {'http_code': 'geheim'}",
            "its answer has no keys",
        ),
        (
            "error refreshing credentials from sso, http_code: 500, result: geheim",
            "it refused, http_code=500",
        ),
        (
            "failed to refresh OAuth token, status code: 400, response: geheim",
            "failed to refresh OAuth token, status code: 400",
        ),
        ("failed to refresh OAuth token: geheim", "failed to refresh OAuth token"),
        (
            "failed to execute external command: exit status 2\nstderr: geheim",
            "failed to execute external command: exit status 2",
        ),
        (
            "failed to execute external command: [Errno 2] No such file or directory: 'K=geheim'",
            "failed to execute external command: [Errno 2] No such file or directory",
        ),
        (
            "failed to parse external command output: geheim",
            "failed to parse external command output",
        ),
        (
            "unable to open credentials file: /a/b.json",
            "unable to open credentials file: /a/b.json",
        ),
        ("two\nlines of geheim", "cannot be understood: ValueError"),
        ("", "cannot be understood: ValueError"),
    ],
)
def test_a_reason_is_the_library_s_message_without_what_it_quotes(
    text: str, expected: str
) -> None:
    reason = key_reasons.reason(ValueError(text))

    assert reason.endswith(expected)
    assert "geheim" not in reason
    assert reason.isprintable()


def reason_of(source: KeySource) -> str:
    with pytest.raises(NoCredentials) as caught:
        provider_for(source).get()
    shown = str(caught.value)
    assert "geheim" not in shown + repr(caught.value)
    assert caught.value.__cause__ is None
    return shown


BLANKS = {
    "access_key_id": "STS.1\r\n",
    "access_key_secret": " secret",
    "sts_token": "token\n",
}


def test_the_keys_of_a_profile_are_trimmed(home: Path) -> None:
    profile_file(home / ".aliyun" / "config.json", sts={"mode": "StsToken", **BLANKS})

    assert provider_for(Profile("sts")).get() == Credentials("STS.1", "secret", "token")


@pytest.mark.parametrize("field", BLANKS)
@pytest.mark.parametrize("odd", ["gehe\nim", "geheim\u00e4", "gehe im", "gehe\x00im"])
def test_a_key_that_no_header_can_hold_is_reported_by_profile_and_field(
    field: str, odd: str, home: Path
) -> None:
    fields = {"mode": "StsToken", **BLANKS, field: odd}
    profile_file(home / ".aliyun" / "config.json", sts=fields)

    told = reason_of(Profile("sts"))

    assert f"the {field} of profile 'sts' has a character that no access key" in told
    assert odd not in told


def test_a_role_is_assumed_with_trimmed_keys(home: Path) -> None:
    profile_file(home / ".aliyun" / "config.json", sts={"mode": "StsToken", **BLANKS})
    provider = alibaba_credentials.open_provider(AssumedRole(Profile("sts"), ROLE))

    assert alibaba_credentials.read_keys(provider._credentials_provider) == Credentials(
        "STS.1", "secret", "token"
    )


@pytest.mark.parametrize(
    "text",
    [
        "access_key_secret = geheim\n",
        "[x]\ntype = access_key\naccess_key_secret geheim\n",
        "[x]\ntype = access_key\naccess_key_secret = gehe%im\n",
        "[x]\ntype = access_key\n[x]\naccess_key_secret = geheim\n",
    ],
)
def test_no_line_of_a_profile_file_is_quoted(text: str, tmp_path: Path) -> None:
    file = tmp_path / "credentials.ini"
    file.write_text(text)

    assert "the file is not INI" in reason_of(Profile("x", str(file)))


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("echo geheim >&2; exit 3", "exit status 3"),
        ("echo geheim", "failed to parse external command output"),
        ('echo \'{"mode": "AK", "access_key_id": "geheim"}\'', "is empty"),
        (
            'echo \'{"mode": "AK", "access_key_id": "a", "access_key_secret": "ge heim"}\'',
            "the access_key_secret of profile 'x'",
        ),
    ],
)
def test_nothing_that_a_command_prints_is_quoted(
    command: str, words: str, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script = home / "keys.sh"
    script.write_text(f"#!/bin/sh\n{command}\n")
    script.chmod(0o700)
    profile_file(
        home / ".aliyun" / "config.json",
        x={"mode": "External", "process_command": str(script)},
    )

    assert words in reason_of(Profile("x"))
    assert "geheim" not in "".join(capfd.readouterr())


def command_profile(home: Path, answer: dict[str, str]) -> tuple[Path, Path]:
    """The files of a profile whose command counts its runs: `config.json`, and one line for each run."""
    runs, script = home / "runs", home / "keys.sh"
    script.write_text(f"#!/bin/sh\necho run >> {runs}\necho '{json.dumps(answer)}'\n")
    script.chmod(0o700)
    fields = {"mode": "External", "process_command": str(script)}
    return profile_file(home / ".aliyun" / "config.json", x=fields), runs


@pytest.mark.parametrize("expiration", [{}, {"expiration": "2099-01-01T00:00:00Z"}])
def test_a_command_runs_once_and_its_keys_are_written_nowhere(
    expiration: dict[str, str], home: Path
) -> None:
    keys = {"mode": "AK", "access_key_id": "id", "access_key_secret": "geheim"}
    config, runs = command_profile(home, keys | expiration)
    before = config.read_bytes()
    source = provider_for(Profile("x"))

    found = [source.get() for _ in range(5)]

    assert found == [Credentials("id", "geheim")] * 5
    assert found[0].origin == "profile 'x'"
    assert runs.read_text() == "run\n"
    assert config.read_bytes() == before
    assert source.renew(found[0]) is False
    assert runs.read_text() == "run\nrun\n"


def test_the_current_profile_of_a_chain_may_be_a_command(home: Path) -> None:
    keys = {"mode": "AK", "access_key_id": "id", "access_key_secret": "secret"}
    _, runs = command_profile(home, keys)
    source = provider_for(DefaultChain((Profile("absent"), Profile("x"))))

    assert [source.get() for _ in range(3)] == [Credentials("id", "secret")] * 3
    assert runs.read_text() == "run\n"


@pytest.mark.parametrize("is_inline", [True, False])
def test_a_role_is_assumed_with_a_token_from_the_settings_or_a_file(
    is_inline: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "token").write_text("the-token\n")
    asked: list[dict[str, str]] = []

    def answer(request: Any, _: Any) -> tuple[httpx.Response, bytes]:
        asked.append(request.query)
        return httpx.Response(200), json.dumps({"Credentials": temporary(1)}).encode()

    monkeypatch.setattr(key_requests, "_send", answer)
    role = OidcRole(ROLE, "acs:ram::1:oidc-provider/p", str(tmp_path / "token"))
    inline = OidcRole(ROLE, "acs:ram::1:oidc-provider/p", token="the-token")

    found = provider_for(inline if is_inline else role).get()

    assert found == Credentials("STS.1", "secret-1", "token-1")
    assert [query["OIDCToken"] for query in asked] == ["the-token"]


def test_a_refused_token_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        key_requests, "_send", lambda *_: (httpx.Response(400), b"geheim")
    )

    told = reason_of(OidcRole(ROLE, "p", token="geheim"))

    assert "it refused, http_code=400" in told


def chain_reason(home: Path, **environ: str) -> str:
    """Why the default chain has no keys; it never asks for the metadata of an ECS instance."""
    shown = run_python(
        CHAIN, ALIBABA_CLOUD_ECS_METADATA_DISABLED="true", HOME=str(home), **environ
    )
    before, _, after = shown.rpartition("); set ALIBABA_CLOUD_ACCESS_KEY_ID")
    assert "esa-prefetch:profile" in after
    assert "geheim" not in shown
    return before.removeprefix(
        "no access key from the environment, profile files or an ECS role ("
    )


def test_a_chain_of_which_nothing_is_set_up_names_the_files(home: Path) -> None:
    assert chain_reason(home) == (
        f"{home}/.aliyun/config.json does not exist; {home}/.alibabacloud/credentials.ini does not exist"
    )


def test_a_chain_names_first_what_is_set_up_and_does_not_work(home: Path) -> None:
    config = profile_file(home / ".aliyun" / "config.json", other=ak(1))

    alone = chain_reason(home)
    with_token = chain_reason(
        home,
        ALIBABA_CLOUD_ROLE_ARN=ROLE,
        ALIBABA_CLOUD_OIDC_PROVIDER_ARN="acs:ram::1:oidc-provider/p",
        ALIBABA_CLOUD_OIDC_TOKEN_FILE="/nowhere/token",
    )
    half = chain_reason(
        home, ALIBABA_CLOUD_ROLE_ARN=ROLE, ALIBABA_CLOUD_OIDC_TOKEN="geheim"
    )

    wrong = f"{config} names the profile 'default', which it does not hold"
    assert alone == wrong
    assert with_token == f"the OIDC token file /nowhere/token does not exist; {wrong}"
    assert half == (
        f"ALIBABA_CLOUD_OIDC_TOKEN is set and ALIBABA_CLOUD_OIDC_PROVIDER_ARN is not; {wrong}"
    )


def test_a_chain_goes_on_after_a_source_that_does_not_work(home: Path) -> None:
    profile_file(home / ".aliyun" / "config.json", default=ak(6))

    shown = run_python(
        CHAIN,
        ALIBABA_CLOUD_ROLE_ARN=ROLE,
        ALIBABA_CLOUD_OIDC_PROVIDER_ARN="acs:ram::1:oidc-provider/p",
        ALIBABA_CLOUD_OIDC_TOKEN_FILE="/nowhere/token",
    )

    assert shown == "id-6 secret-6 None\n"


def test_a_disabled_file_of_the_cli_is_not_read(home: Path) -> None:
    profile_file(home / ".aliyun" / "config.json", default=ak(6))

    reason = chain_reason(home, ALIBABA_CLOUD_CLI_PROFILE_DISABLED="true")

    assert reason == f"{home}/.alibabacloud/credentials.ini does not exist"


def test_a_chain_asks_no_other_machine_over_plain_http() -> None:
    shown = run_python(
        CHAIN,
        ALIBABA_CLOUD_ECS_METADATA_DISABLED="true",
        ALIBABA_CLOUD_CREDENTIALS_URI="http://keys.example/?token=geheim",
    )

    assert (
        "the credentials URI: http://keys.example is plain http to another machine"
        in shown
    )
    assert "esa-prefetch:allowHttp" in shown
    assert "geheim" not in shown


def test_a_chain_asks_no_proxy_elsewhere_over_plain_http_and_says_so() -> None:
    shown = run_python(
        CHAIN,
        NO_PROXY="",
        no_proxy="",
        HTTP_PROXY="http://user:geheim@proxy.invalid:3128",
        ALIBABA_CLOUD_ECS_METADATA_DISABLED="true",
        ALIBABA_CLOUD_CREDENTIALS_URI="http://10.255.255.1/?token=geheim",
    )

    assert "URI: http://10.255.255.1 is plain http, and HTTP_PROXY names" in shown
    assert "esa-prefetch:allowHttp" in shown
    assert "geheim" not in shown
