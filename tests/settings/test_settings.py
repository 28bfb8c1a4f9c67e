"""Settings from the stack config and the environment: their order, their defaults, and what is refused."""

import json
from collections.abc import Callable

import pytest

from pulumi_esa_prefetch.settings.credential_sources import (
    AssumedRole,
    Credentials,
    CredentialsUri,
    DefaultChain,
    EcsRole,
    KeySource,
    OidcRole,
    Profile,
    UnusableKeySource,
)
from pulumi_esa_prefetch.settings.settings import (
    SETTINGS,
    Settings,
    SettingsError,
    read_settings,
    refuse_misspelt,
)

ESA = "esa-prefetch:"
ALI = "alicloud:"


CHAIN = DefaultChain(
    (
        Profile(None),
        Profile("default", "~/.alibabacloud/credentials.ini"),
        EcsRole(None),
    )
)


def read(
    config: dict[str, str] | None = None, environ: dict[str, str] | None = None
) -> Settings:
    return read_settings((config or {}).get, environ or {})


def refused(
    config: dict[str, str] | None = None, environ: dict[str, str] | None = None
) -> str:
    with pytest.raises(SettingsError) as caught:
        read(config, environ)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def unusable(
    config: dict[str, str] | None = None, environ: dict[str, str] | None = None
) -> str:
    source = read(config, environ).credentials
    assert isinstance(source, UnusableKeySource)
    assert "\n" not in source.problem
    return source.problem


def test_with_nothing_set_there_are_defaults() -> None:
    assert read() == Settings(
        endpoint="https://esa.cn-hangzhou.aliyuncs.com",
        credentials=CHAIN,
        verify=True,
        max_qps=30.0,
        deadline=120.0,
        debug=False,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:8866", "https://127.0.0.1:8866"),
        ("http://127.0.0.1:8866", "http://127.0.0.1:8866"),
        ("http://localhost:8866/", "http://localhost:8866"),
        ("esa.example.com", "https://esa.example.com"),
        (" HTTPS://ESA.example.com ", "https://esa.example.com"),
        ("http://[::1]:8866", "http://[::1]:8866"),
        ("my_host:80", "https://my_host:80"),
    ],
)
def test_an_endpoint_is_a_host_a_host_and_port_or_a_url(
    text: str, expected: str
) -> None:
    assert read({f"{ESA}endpoint": text}).endpoint == expected
    assert read(environ={"ESA_ENDPOINT": text}).endpoint == expected


@pytest.mark.parametrize(
    "text",
    [
        "http://",
        "ftp://esa.example.com",
        "http://esa.example.com/path",
        "http://esa.example.com?x=1",
        "http://esa.example.com#x",
        "http://user:geheim@esa.example.com",
        "esa..aliyuncs.com",
        "esa.example.com:port",
        "esa.example.com:99999",
        "esa.example.com:0",
        "http://[::1",
        "two words",
    ],
)
def test_an_invalid_endpoint_is_refused_with_the_name_of_its_setting(text: str) -> None:
    sentence = refused({f"{ESA}endpoint": text})

    assert sentence.startswith("esa-prefetch:endpoint must be a host, host:port or URL")
    assert "geheim" not in sentence
    assert refused(environ={"ESA_ENDPOINT": text}).startswith("ESA_ENDPOINT must be")


def test_the_first_endpoint_in_order_is_used() -> None:
    environ = {"ALIBABA_CLOUD_ENDPOINT_ESA": "third", "ESA_ENDPOINT": "fourth"}
    config = {
        f"{ESA}endpoint": "first",
        f"{ALI}endpoints": '[{"ecs": "x"}, {"esa": "second:80"}]',
    }
    seen = [read(config, environ).endpoint]
    for mapping, name in (
        (config, f"{ESA}endpoint"),
        (config, f"{ALI}endpoints"),
        (environ, "ALIBABA_CLOUD_ENDPOINT_ESA"),
        (environ, "ESA_ENDPOINT"),
    ):
        del mapping[name]
        seen.append(read(config, environ).endpoint)

    assert seen == [
        "https://first",
        "https://second:80",
        "https://third",
        "https://fourth",
        "https://esa.cn-hangzhou.aliyuncs.com",
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('{"esa": "h:1"}', "https://h:1"),
        ("[]", "https://esa.cn-hangzhou.aliyuncs.com"),
        ('[{"esa": ""}, null]', "https://esa.cn-hangzhou.aliyuncs.com"),
    ],
)
def test_endpoints_of_the_alicloud_provider_are_read_leniently(
    value: str, expected: str
) -> None:
    assert read({f"{ALI}endpoints": value}).endpoint == expected


@pytest.mark.parametrize("value", ["[", '["x"]', '"x"'])
def test_endpoints_in_no_known_shape_are_refused(value: str) -> None:
    assert refused({f"{ALI}endpoints": value}).startswith("alicloud:endpoints ")


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [("HTTP", "http://10.0.0.1:1"), ("https", "https://10.0.0.1:1")],
)
def test_the_protocol_is_for_endpoints_without_a_scheme(
    protocol: str, expected: str
) -> None:
    config = {f"{ALI}protocol": protocol, f"{ESA}endpoint": "10.0.0.1:1"}
    with_scheme = {f"{ALI}protocol": protocol, f"{ESA}endpoint": "https://h:1"}

    assert read(config).endpoint == expected
    assert read(with_scheme).endpoint == "https://h:1"


def test_an_unknown_protocol_is_refused() -> None:
    assert "HTTP or HTTPS" in refused({f"{ALI}protocol": "QUIC"})


@pytest.mark.parametrize(
    ("config", "environ"),
    [
        ({f"{ESA}accountType": "International"}, {}),
        ({f"{ALI}accountType": "International"}, {}),
        ({}, {"ALIBABA_CLOUD_ACCOUNT_TYPE": "international"}),
    ],
)
def test_an_international_account_has_the_other_endpoint(
    config: dict[str, str], environ: dict[str, str]
) -> None:
    assert read(config, environ).endpoint == "https://esa.ap-southeast-1.aliyuncs.com"


def test_an_unknown_account_type_is_refused_by_name() -> None:
    assert refused(environ={"ALIBABA_CLOUD_ACCOUNT_TYPE": "Lunar"}).startswith(
        "ALIBABA_CLOUD_ACCOUNT_TYPE must be Domestic or International"
    )


@pytest.mark.parametrize(
    ("config", "environ"),
    [
        ({f"{ALI}region": "cn-beijing"}, {}),
        ({}, {"ALICLOUD_REGION": "cn-beijing"}),
        ({}, {"ALIBABA_CLOUD_REGION": "cn-beijing"}),
    ],
)
def test_a_region_never_picks_the_host(
    config: dict[str, str], environ: dict[str, str]
) -> None:
    assert read(config, environ).endpoint == "https://esa.cn-hangzhou.aliyuncs.com"


def test_numbers_and_flags_are_read() -> None:
    settings = read(
        {
            f"{ESA}maxQps": "2.5",
            f"{ESA}deadline": "30",
            f"{ESA}verify": "false",
            f"{ESA}debug": "True",
        }
    )

    assert (settings.max_qps, settings.deadline) == (2.5, 30.0)
    assert settings.purge_deadline == 900.0
    assert read({f"{ESA}deadline": "1800"}).purge_deadline == 1800.0
    assert (settings.verify, settings.debug) == (False, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("maxQps", "fast"),
        ("maxQps", "0"),
        ("maxQps", "-1"),
        ("deadline", "inf"),
        ("deadline", "nan"),
        ("verify", "perhaps"),
        ("debug", "2"),
    ],
)
def test_an_invalid_number_or_flag_is_refused_with_its_name(
    name: str, value: str
) -> None:
    assert refused({f"{ESA}{name}": value}).startswith(f"esa-prefetch:{name} must be ")


PLACES = [
    ("config", f"{ESA}accessKey", f"{ESA}secretKey", f"{ESA}securityToken"),
    ("config", f"{ALI}accessKey", f"{ALI}secretKey", f"{ALI}securityToken"),
    (
        "environ",
        "ALICLOUD_ACCESS_KEY",
        "ALICLOUD_SECRET_KEY",
        "ALICLOUD_SECURITY_TOKEN",
    ),
    (
        "environ",
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "ALIBABA_CLOUD_SECURITY_TOKEN",
    ),
    (
        "environ",
        "ALIBABACLOUD_ACCESS_KEY_ID",
        "ALIBABACLOUD_ACCESS_KEY_SECRET",
        "ALIBABACLOUD_SECURITY_TOKEN",
    ),
]


def test_the_first_keys_in_order_are_used() -> None:
    mappings: dict[str, dict[str, str]] = {"config": {}, "environ": {}}
    for number, (kind, *names) in enumerate(PLACES):
        for name in names:
            mappings[kind][name] = f"{name}-{number}"

    seen: list[KeySource] = []
    for kind, *names in PLACES:
        seen.append(read(**mappings).credentials)
        for name in names:
            del mappings[kind][name]

    assert seen == [
        Credentials(*(f"{name}-{number}" for name in names))
        for number, (_, *names) in enumerate(PLACES)
    ]
    assert read(**mappings).credentials == CHAIN


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place[1])
@pytest.mark.parametrize(
    ("given", "missing"), [((0,), 1), ((1,), 0), ((2,), 0), ((0, 2), 1), ((1, 2), 0)]
)
def test_an_incomplete_set_of_keys_is_unusable_and_names_what_is_missing(
    place: tuple[str, ...], given: tuple[int, ...], missing: int
) -> None:
    kind, *names = place
    mapping = {names[index]: "geheim" for index in given}

    sentence = unusable(**{kind: mapping})

    assert f"{names[missing]} is not" in sentence
    assert "geheim" not in sentence


def test_keys_know_the_setting_that_they_came_from() -> None:
    config = {f"{ALI}accessKey": "id", f"{ALI}secretKey": "secret"}
    shared, own = (
        read(config).credentials,
        read(environ=KEYS_IN_ENVIRONMENT).credentials,
    )

    assert isinstance(shared, Credentials)
    assert isinstance(own, Credentials)
    assert (shared.origin, shared.is_in_stack_config) == ("alicloud:accessKey", True)
    assert (own.origin, own.is_in_stack_config) == ("ALICLOUD_ACCESS_KEY", False)


def test_an_incomplete_set_of_keys_after_a_complete_one_is_ignored() -> None:
    environ = {
        "ALICLOUD_ACCESS_KEY": "id",
        "ALICLOUD_SECRET_KEY": "secret",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "half",
    }

    assert read(environ=environ).credentials == Credentials("id", "secret")


def test_blank_keys_count_as_not_set_and_stray_blanks_are_taken_off() -> None:
    environ = {
        "ALICLOUD_ACCESS_KEY": " ",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "id\n",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": " secret ",
        "ALIBABA_CLOUD_SECURITY_TOKEN": "",
    }

    assert read(environ=environ).credentials == Credentials("id", "secret")


@pytest.mark.parametrize("odd", ["i\nd", "ïd", "i d", "i\x00d"])
def test_a_key_that_no_header_can_hold_is_unusable_and_not_shown(odd: str) -> None:
    sentence = unusable({f"{ESA}accessKey": odd, f"{ESA}secretKey": "s"})

    assert sentence.startswith("esa-prefetch:accessKey ")
    assert odd not in sentence


KEYS_IN_ENVIRONMENT = {"ALICLOUD_ACCESS_KEY": "id", "ALICLOUD_SECRET_KEY": "secret"}


@pytest.mark.parametrize(
    ("config", "environ", "expected"),
    [
        ({f"{ESA}profile": "p"}, KEYS_IN_ENVIRONMENT, Credentials("id", "secret")),
        ({f"{ESA}profile": "p", f"{ALI}profile": "q"}, {}, Profile("p")),
        ({f"{ALI}profile": "p"}, KEYS_IN_ENVIRONMENT, Credentials("id", "secret")),
        ({f"{ALI}profile": "p"}, {"ALICLOUD_PROFILE": "q"}, Profile("p")),
        ({}, {"ALICLOUD_PROFILE": "q", "ALIBABA_CLOUD_PROFILE": "r"}, Profile("q")),
        ({}, {"ALIBABA_CLOUD_PROFILE": "r"}, Profile("r")),
        ({}, {"ALIBABACLOUD_PROFILE": "s"}, Profile("s")),
        (
            {f"{ALI}profile": "p", f"{ALI}sharedCredentialsFile": "/f"},
            {},
            Profile("p", "/f"),
        ),
        (
            {f"{ESA}profile": "p"},
            {"ALIBABA_CLOUD_CREDENTIALS_FILE": "/g"},
            Profile("p", "/g"),
        ),
        ({f"{ALI}credentialsUri": "https://k/"}, {}, CredentialsUri("https://k/")),
        ({}, {"ALICLOUD_CREDENTIALS_URI": "https://k/"}, CredentialsUri("https://k/")),
        ({f"{ALI}ecsRoleName": "role"}, {}, EcsRole("role")),
        ({}, {"ALICLOUD_ECS_ROLE_NAME": "role"}, EcsRole("role")),
    ],
)
def test_without_keys_a_named_source_is_used(
    config: dict[str, str], environ: dict[str, str], expected: KeySource
) -> None:
    assert read(config, environ).credentials == expected


ARN = "acs:ram::123456789012****:role/prefetch"


def test_a_role_is_assumed_with_the_keys_of_its_source() -> None:
    role = {
        "roleArn": ARN,
        "sessionName": "s",
        "policy": "{}",
        "externalId": "e",
        "sessionExpiration": 900,
    }

    place = read(
        {f"{ALI}assumeRole": json.dumps(role)}, KEYS_IN_ENVIRONMENT
    ).credentials

    assert place == AssumedRole(
        Credentials("id", "secret"),
        ARN,
        session_name="s",
        policy="{}",
        external_id="e",
        seconds=900,
    )


def test_a_role_of_the_environment_is_assumed_too() -> None:
    environ = {"ALICLOUD_ASSUME_ROLE_ARN": ARN, "ALICLOUD_PROFILE": "p"}

    assert read(environ=environ).credentials == AssumedRole(Profile("p"), ARN)


def test_a_role_is_assumed_with_an_oidc_token() -> None:
    role = {
        "roleArn": ARN,
        "oidcProviderArn": "acs:ram::1:oidc-provider/github",
        "oidcTokenFile": "/token",
        "roleSessionName": "s",
    }

    place = read({f"{ALI}assumeRoleWithOidc": json.dumps(role)}).credentials

    assert place == OidcRole(
        ARN, "acs:ram::1:oidc-provider/github", "/token", session_name="s"
    )


OIDC_VARIABLES = {
    "roleArn": "ALIBABA_CLOUD_ROLE_ARN",
    "oidcProviderArn": "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
    "oidcToken": "ALIBABA_CLOUD_OIDC_TOKEN",
}


@pytest.mark.parametrize("left_out", OIDC_VARIABLES)
def test_an_oidc_role_names_what_it_lacks(left_out: str) -> None:
    role = {"roleArn": "a", "oidcProviderArn": "b", "oidcToken": "geheim"}
    del role[left_out]

    sentence = unusable({f"{ALI}assumeRoleWithOidc": json.dumps(role)})

    what = "oidcToken or oidcTokenFile" if left_out == "oidcToken" else left_out
    assert sentence == (
        f"alicloud:assumeRoleWithOidc lacks {what} (or {OIDC_VARIABLES[left_out]})"
    )


@pytest.mark.parametrize("given", [("roleArn",), ("oidcProviderArn",), ("oidcToken",)])
def test_the_parts_of_an_oidc_role_may_be_in_the_environment(
    given: tuple[str, ...],
) -> None:
    parts = {"roleArn": "a", "oidcProviderArn": "b", "oidcToken": "geheim"}
    config = {f"{ALI}assumeRoleWithOidc": json.dumps({k: parts[k] for k in given})}
    environ = {OIDC_VARIABLES[k]: v for k, v in parts.items() if k not in given}
    session = {"ALIBABA_CLOUD_ROLE_SESSION_NAME": "s"}

    found = read(config, environ | session).credentials

    assert found == OidcRole("a", "b", token="geheim", session_name="s")
    assert "geheim" not in repr(found)


def test_a_token_in_the_config_is_used_before_one_in_the_environment() -> None:
    role = {"roleArn": "a", "oidcProviderArn": "b", "oidcTokenFile": "/file"}
    environ = {"ALIBABA_CLOUD_OIDC_TOKEN": "other"}

    found = read({f"{ALI}assumeRoleWithOidc": json.dumps(role)}, environ).credentials

    assert found == OidcRole("a", "b", "/file")


def test_an_oidc_role_of_the_environment_is_the_first_of_the_default_chain() -> None:
    environ = {
        "ALIBABA_CLOUD_ROLE_ARN": "a",
        "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": "b",
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE": "/file",
    }

    found = read(environ=environ).credentials

    assert found == DefaultChain((OidcRole("a", "b", "/file"), *CHAIN.sources))


@pytest.mark.parametrize("name", ["assumeRole", "assumeRoleWithOidc"])
@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, None), ("900", 900), ("", None), (1800, 1800)]
)
def test_the_length_of_a_session_of_0_is_that_of_sts(
    name: str, seconds: object, expected: int | None
) -> None:
    role = {"roleArn": "a", "oidcProviderArn": "b", "oidcToken": "c"}

    found = read({f"{ALI}{name}": json.dumps({**role, "sessionExpiration": seconds})})

    assert isinstance(found.credentials, (AssumedRole, OidcRole))
    assert found.credentials.seconds == expected


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        (
            {"policy": {"Statement": []}},
            "policy of alicloud:assumeRole must be a string",
        ),
        (
            {"sessionExpiration": "soon"},
            "sessionExpiration must be a number of seconds",
        ),
    ],
)
def test_a_part_of_a_role_in_no_known_shape_is_unusable(
    odd: dict[str, object], words: str
) -> None:
    assert unusable({f"{ALI}assumeRole": json.dumps({"roleArn": "a", **odd})}) == words


def test_a_role_in_no_known_shape_is_unusable() -> None:
    assert (
        unusable({f"{ALI}assumeRole": "[1]"}) == "alicloud:assumeRole must be an object"
    )


NEAR = [
    "127.0.0.1",
    "127.8.9.1",
    "localhost",
    "LocalHost.",
    "esa.localhost",
    "0.0.0.0",
    "10.1.2.3",
    "172.31.0.1",
    "192.168.1.1",
    "169.254.1.1",
    "[::1]",
    "[::]",
    "[fd12::1]",
    "[fe80::1]",
    "[::ffff:192.168.0.1]",
    "[::ffff:127.0.0.1]",
]
FAR = [
    "esa.cn-hangzhou.aliyuncs.com",
    "esa",
    "esa.internal",
    "localhost.example.com",
    "notlocalhost",
    "127.0.0.1.example.com",
    "127.1",
    "10.example.com",
    "100.100.100.200",
    "172.32.0.1",
    "198.51.100.7",
    "8.8.8.8",
    "[2001:db8::1]",
    "[::ffff:8.8.8.8]",
    "[2400:3200::1]",
]
WAYS: dict[str, Callable[[str], dict[str, dict[str, str]]]] = {
    "esa-prefetch:endpoint": lambda host: {
        "config": {f"{ESA}endpoint": f"http://{host}:80"}
    },
    "alicloud:endpoints": lambda host: {
        "config": {f"{ALI}endpoints": json.dumps([{"esa": f"HTTP://{host}"}])}
    },
    "ESA_ENDPOINT": lambda host: {
        "config": {f"{ALI}protocol": "HTTP"},
        "environ": {"ESA_ENDPOINT": host},
    },
    "alicloud:credentialsUri": lambda host: {
        "config": {f"{ALI}credentialsUri": f"Http://{host}/keys?token=geheim"}
    },
    "ALICLOUD_CREDENTIALS_URI": lambda host: {
        "config": {f"{ALI}assumeRole": '{"roleArn": "arn"}'},
        "environ": {"ALICLOUD_CREDENTIALS_URI": f"http://u:geheim@{host}/"},
    },
}
ALLOWING: list[dict[str, dict[str, str]]] = [
    {"config": {f"{ESA}allowHttp": "true"}},
    {"environ": {"ESA_PREFETCH_ALLOW_HTTP": "1"}},
    {
        "config": {f"{ESA}allowHttp": "yes"},
        "environ": {"ESA_PREFETCH_ALLOW_HTTP": "false"},
    },
]


def both(*several: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    return {
        kind: {k: v for one in several for k, v in one.get(kind, {}).items()}
        for kind in ("config", "environ")
    }


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("host", FAR)
def test_plain_http_to_another_machine_is_refused_unless_it_is_allowed(
    name: str, host: str
) -> None:
    given = WAYS[name](host)

    sentence = (unusable if "credentials" in name.lower() else refused)(**given)

    assert sentence.startswith(name)
    assert "geheim" not in sentence
    for word in ("esa-prefetch:allowHttp", "ESA_PREFETCH_ALLOW_HTTP", "destroy"):
        assert word in sentence
    assert "config of the last up" in sentence
    for allowing in ALLOWING:
        assert read(**both(given, allowing)).allow_http is True


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("host", NEAR)
def test_plain_http_to_this_machine_or_its_network_is_allowed(
    name: str, host: str
) -> None:
    assert read(**WAYS[name](host)).allow_http is False


def test_the_public_endpoint_is_not_asked_over_plain_http_either() -> None:
    assert refused({f"{ALI}protocol": "HTTP"}).startswith(
        "the public endpoint (http://esa.cn-hangzhou.aliyuncs.com) is plain http"
    )


def test_config_can_take_back_what_the_environment_allows() -> None:
    config = {f"{ESA}allowHttp": "false", f"{ESA}endpoint": "http://esa.test"}

    assert "allowHttp" in refused(config, {"ESA_PREFETCH_ALLOW_HTTP": "true"})


@pytest.mark.parametrize(
    "given",
    [
        {"config": {f"{ESA}allowHttp": "maybe"}},
        {"environ": {"ESA_PREFETCH_ALLOW_HTTP": "maybe"}},
    ],
)
def test_an_invalid_value_of_allow_http_is_refused_with_its_name(
    given: dict[str, dict[str, str]],
) -> None:
    ((name, _),) = (item for names in given.values() for item in names.items())

    assert refused(**given) == f"{name} must be true or false, not 'maybe'"


@pytest.mark.parametrize(
    "uri", ["geheim", "k:80/geheim", "ftp://geheim/", "http://", "http://[geheim"]
)
def test_a_credentials_uri_that_is_no_url_is_unusable_and_not_shown(uri: str) -> None:
    sentence = unusable({f"{ALI}credentialsUri": uri})

    assert sentence.startswith("alicloud:credentialsUri must be a URL such as http")
    assert "geheim" not in sentence


def test_settings_show_no_secret() -> None:
    text = repr(
        read(
            {
                f"{ESA}accessKey": "id",
                f"{ESA}secretKey": "geheim-1",
                f"{ESA}securityToken": "geheim-2",
            }
        )
    ) + repr(read({f"{ALI}credentialsUri": "https://u:geheim-3@k/"}))

    assert "geheim" not in text
    assert "id" in text


def test_the_known_settings_are_the_settings_that_are_read() -> None:
    asked: set[str] = set()
    read_settings(asked.add, {})

    ours = {name.removeprefix(ESA) for name in asked if name.startswith(ESA)}

    assert ours | {"plans", "limits"} == set(SETTINGS)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("limit", "limits"),
        ("LIMITS", "limits"),
        ("deadlin", "deadline"),
        ("maxQPS", "maxQps"),
        ("max-qps", "maxQps"),
        ("plan", "plans"),
        ("endPoint", "endpoint"),
        ("accesKey", "accessKey"),
        ("allowHTTP", "allowHttp"),
    ],
)
def test_a_misspelt_setting_is_refused_with_the_one_that_is_meant(
    name: str, meant: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        refuse_misspelt([f"{ESA}verify", ESA + name])

    assert str(caught.value) == (
        f"esa-prefetch:{name} is no setting: did you mean esa-prefetch:{meant}?"
    )


@pytest.mark.parametrize(
    "names",
    [
        [ESA + name for name in SETTINGS],
        [f"{ESA}prefetches", f"{ESA}region", f"{ESA}site", ESA],
        [f"{ALI}limit", "project:deadlin", "limit", "pulumi:tags"],
        [],
    ],
    ids=["settings", "the project's own", "of others", "none"],
)
def test_a_name_that_resembles_no_setting_is_accepted(names: list[str]) -> None:
    refuse_misspelt(names)
