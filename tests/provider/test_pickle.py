"""The pickle by which the state of every stack names its provider: it must never change."""

import base64
import pickle

import pytest
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider

from pulumi_esa_prefetch.provider.completion import Recorder
from pulumi_esa_prefetch.provider.hooks import PlanProvider
from pulumi_esa_prefetch.provider.purge import Purger
from pulumi_esa_prefetch.provider.warmth_gate import WarmthGate
from pulumi_esa_prefetch.provider.warmth_record import WarmthRecorder

PICKLES = [
    (
        PlanProvider,
        (
            "gASVOgAAAAAAAACMInB1bHVtaV9lc2FfcHJlZmV0Y2gucHJvdmlkZXIuaG9va3OUjAxQbGFuUHJvdmlk"
            "ZXKUk5QpgZQu"
        ),
    ),
    (
        Purger,
        "gASVNAAAAAAAAACMInB1bHVtaV9lc2FfcHJlZmV0Y2gucHJvdmlkZXIucHVyZ2WUjAZQdXJnZXKUk5QpgZQu",
    ),
    (
        Recorder,
        (
            "gASVOwAAAAAAAACMJ3B1bHVtaV9lc2FfcHJlZmV0Y2gucHJvdmlkZXIuY29tcGxldGlvbpSMCFJlY29y"
            "ZGVylJOUKYGULg=="
        ),
    ),
    (
        WarmthRecorder,
        (
            "gASVRAAAAAAAAACMKnB1bHVtaV9lc2FfcHJlZmV0Y2gucHJvdmlkZXIud2FybXRoX3JlY29yZJSMDldh"
            "cm10aFJlY29yZGVylJOUKYGULg=="
        ),
    ),
    (
        WarmthGate,
        (
            "gASVPgAAAAAAAACMKHB1bHVtaV9lc2FfcHJlZmV0Y2gucHJvdmlkZXIud2FybXRoX2dhdGWUjApXYXJt"
            "dGhHYXRllJOUKYGULg=="
        ),
    ),
]


@pytest.mark.parametrize(("provider", "golden"), PICKLES)
def test_a_provider_is_pickled_by_its_name_and_nothing_else(
    provider: type[ResourceProvider], golden: str
) -> None:
    pickled = serialize_provider(provider())

    assert len(pickled) < 120
    if pickle.DEFAULT_PROTOCOL == 4:  # Python 3.14 begins to write protocol 5
        assert pickled == golden


@pytest.mark.parametrize(("provider", "golden"), PICKLES)
def test_what_an_old_state_holds_is_still_the_provider(
    provider: type[ResourceProvider], golden: str
) -> None:
    assert type(pickle.loads(base64.b64decode(golden))) is provider


@pytest.mark.parametrize(("provider", "_golden"), PICKLES)
def test_a_provider_has_no_attribute_when_it_is_declared_and_is_no_secret(
    provider: type[ResourceProvider], _golden: str
) -> None:
    assert vars(provider()) == {}
    assert provider.serialize_as_secret_always is False
