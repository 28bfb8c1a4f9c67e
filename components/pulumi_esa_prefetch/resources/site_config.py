"""Reads arguments of SitePrefetch resources from a stack's config; declares no resource."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from pulumi import Output, RunError, get_project
from pydantic.alias_generators import to_camel

from pulumi_esa_prefetch.resources.prefetch_window import PrefetchWindow
from pulumi_esa_prefetch.resources.property_values import wrong_values
from pulumi_esa_prefetch.resources.secret_config import hide, secrecy
from pulumi_esa_prefetch.resources.site_prefetch import SitePrefetchArgs

_FIELDS = {to_camel(field.name): field.name for field in fields(SitePrefetchArgs)}
_WINDOW = {to_camel(field.name): field.name for field in fields(PrefetchWindow)}
_MAY_BE_SECRET = ("urls", "oss_url", "triggers")


def read_prefetches(config: object, site: str) -> dict[str, SitePrefetchArgs]:
    """Read name -> {urls | urlFile | ossUrl, windows: name -> {interval, sliceLen, ...}, ...}.

    ``site`` is the site of every prefetch that names none. If their key of the config holds a secret, URLs and
    the values of ``triggers`` become secrets. Raises RunError, which names every wrong entry and shows no
    value.
    """
    if isinstance(config, Output):
        raise RunError("prefetches is an output: read it by require_object")
    if not isinstance(config, Mapping):
        raise RunError("prefetches must be a mapping from names to prefetches")
    if wrong := [
        f"{name}{text}" for name, one in config.items() for text in _wrong(one)
    ]:
        raise RunError(f"prefetches: {'; '.join(wrong)}")
    is_secret = secrecy(f"{get_project()}:prefetches")
    return {
        str(name): SitePrefetchArgs(
            **{"site": site} | hide(_props(one), _MAY_BE_SECRET, is_secret)
        )
        for name, one in config.items()
    }


def _wrong(one: object) -> Iterator[str]:
    """What is wrong with an entry, as clauses that follow its name."""
    if not isinstance(one, Mapping):
        yield " must be a mapping"
        return
    yield from _unknown(one, _FIELDS)
    yield from wrong_values(one.get("triggers"), ".triggers")
    windows = one.get("windows")
    if not isinstance(windows, Mapping):
        yield ".windows must be a mapping from names to windows"
        return
    for name, window in windows.items():
        if not isinstance(window, Mapping):
            yield f".windows.{name} must be a mapping"
            continue
        for text in _unknown(window, _WINDOW):
            yield f".windows.{name}{text}"


def _unknown(given: Mapping[str, Any], known: Mapping[str, str]) -> Iterator[str]:
    for field in given.keys() - known.keys():
        yield f".{field} is not one of {', '.join(known)}"


def _props(one: Mapping[str, Any]) -> dict[str, Any]:
    props = {_FIELDS[key]: value for key, value in one.items()}
    props["windows"] = {
        name: {_WINDOW[key]: value for key, value in window.items()}
        for name, window in one["windows"].items()
    }
    return props
