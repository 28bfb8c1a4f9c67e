"""The calls of a webhook, to a real server over HTTP."""

import logging
import time

import pytest

from pulumi_esa_prefetch.settings.webhook import WebhookTarget
from pulumi_esa_prefetch.webhook.sender import Webhook
from tests.support.webhook_receiver import TOKEN, webhook_receiver
from tests.webhook.test_plan_end import END


def test_the_receiver_gets_the_document_and_nothing_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with webhook_receiver() as receiver:
        problem = Webhook(WebhookTarget(receiver.url)).call(END)

    assert problem == ""
    assert receiver.calls == [END.document()]
    assert TOKEN not in caplog.text


def test_each_refusal_is_one_sentence_without_the_urls_path() -> None:
    with webhook_receiver(status=403) as receiver:
        webhook = Webhook(WebhookTarget(receiver.url))
        problems = [webhook.call(END), webhook.call(END)]

    origin = receiver.url.partition("/hook")[0]
    sentence = f"esa-prefetch:webhook: {origin} answers HTTP 403 to the end of plan j:p"
    assert problems == [sentence, sentence]
    assert len(receiver.calls) == 2


def test_a_receiver_that_does_not_answer_is_waited_for_once() -> None:
    began = time.monotonic()
    with webhook_receiver(hangs=True) as receiver:
        webhook = Webhook(WebhookTarget(receiver.url), seconds=0.3)
        problems = [webhook.call(END) for _ in range(3)]
        took = time.monotonic() - began

    assert took < 3
    assert len(receiver.calls) == 1
    assert problems[1:] == ["", ""]
    assert "no answer from http://127.0.0.1:" in problems[0]
    assert "it is not called again in this run" in problems[0]
    assert TOKEN not in problems[0]


def test_slow_answers_are_waited_for_within_one_limit_for_all_calls() -> None:
    with webhook_receiver() as receiver:
        webhook = Webhook(WebhookTarget(receiver.url), all_seconds=0)
        problems = [webhook.call(END) for _ in range(3)]

    assert len(receiver.calls) == 1
    assert problems[1:] == ["", ""]
    assert problems[0].endswith(
        "answers too slowly; it is not called again in this run"
    )


def test_where_nothing_listens_the_sentence_says_so_without_the_urls_path() -> None:
    with webhook_receiver() as receiver:
        pass

    problem = Webhook(WebhookTarget(receiver.url)).call(END)

    assert problem.startswith("esa-prefetch:webhook: ")
    assert "\n" not in problem
    assert TOKEN not in problem
