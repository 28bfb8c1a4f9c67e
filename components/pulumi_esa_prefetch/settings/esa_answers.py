"""The answers of one account's ESA to what its documentation leaves open, as the probe writes them in JSON."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pulumi_esa_prefetch.settings.setting_lookup import SettingsError

SETTING: Final = "esa-prefetch:answers"
VERSION: Final = 1
_WORD: Final = re.compile(r"[A-Za-z0-9.:+_-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class EsaAnswers:
    """What was settled: pairs of question and answer."""

    pairs: tuple[tuple[str, str], ...] = ()

    def prove(self, question: str, answer: str) -> bool:
        """Whether the question is settled by this answer."""
        return (question, answer) in self.pairs


NOTHING_SETTLED: Final = EsaAnswers()


def parse_answers(text: str, name: str = SETTING) -> EsaAnswers:
    """Read the JSON; raises SettingsError, one sentence that begins with `name`."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise SettingsError(f"{name} is not valid JSON") from None
    if not isinstance(document, dict) or not isinstance(document.get("answers"), dict):
        raise SettingsError(
            f"{name} must be the JSON that `esa-prefetch doctor --probe --write FILE` writes"
        )
    if document.get("version") != VERSION:
        raise SettingsError(
            f"{name} has the version {document.get('version')!r:.20}, and this version of "
            f"esa-prefetch reads {VERSION}: probe again"
        )
    return EsaAnswers(tuple(sorted(_settled(document["answers"], name))))


def _settled(answers: Mapping[str, Any], name: str) -> list[tuple[str, str]]:
    found = []
    for question, entry in answers.items():
        answer = entry.get("answer") if isinstance(entry, dict) else None
        if answer is not None:
            if not isinstance(answer, str) or not _WORD.fullmatch(answer):
                raise SettingsError(
                    f"{name}: the answer to {question!r:.40} is not a word"
                )
            found.append((question, answer))
        elif not isinstance(entry, dict) or "notSettled" not in entry:
            raise SettingsError(
                f"{name}: {question!r:.40} has no answer and no notSettled"
            )
    return found
