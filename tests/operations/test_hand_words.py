"""The words in place of those of the hooks."""

import ast
from pathlib import Path

import pytest

from pulumi_esa_prefetch import provider
from pulumi_esa_prefetch.operations.hand_words import INSTEAD, by_hand
from pulumi_esa_prefetch.provider.outcome_words import PlanOperation
from pulumi_esa_prefetch.provider.plan_decision import MISSING, WAITING_CANNOT_STOP

PROVIDER = Path(str(provider.__file__)).parent


def texts() -> list[str]:
    """Each text in the provider's code; an expression in one is `{}`."""
    found = []
    for path in PROVIDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                found.append(
                    "".join(
                        str(part.value) if isinstance(part, ast.Constant) else "{}"
                        for part in node.values
                    )
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return [*found, f"{PlanOperation.ADOPT}: "]


@pytest.mark.parametrize("phrase", [phrase for phrase, _ in INSTEAD])
def test_each_phrase_is_one_that_the_provider_says(phrase: str) -> None:
    assert any(phrase in text for text in texts())


def test_a_sentence_of_a_decision_is_in_the_words_of_a_hand() -> None:
    assert by_hand(MISSING) == "does not exist: check its id and that of its job"
    assert "declare" not in by_hand(WAITING_CANNOT_STOP)
