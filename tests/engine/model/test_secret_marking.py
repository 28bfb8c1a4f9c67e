from pulumi_embedded_engine.model.property_values import (
    Secret,
    mark_secret_outputs,
    mark_secrets_as_sent,
)


def test_a_result_is_secret_where_what_was_sent_was() -> None:
    sent = {"a": Secret(1), "b": 2, "m": {"x": Secret(3), "y": 4}}

    marked = mark_secrets_as_sent(
        {"a": 1, "b": 2, "m": {"x": 3, "y": 4}, "new": 5}, sent
    )

    assert marked == {"a": Secret(1), "b": 2, "m": {"x": Secret(3), "y": 4}, "new": 5}


def test_a_list_with_one_secret_becomes_one_secret() -> None:
    marked = mark_secrets_as_sent({"l": [1, 2]}, {"l": [1, Secret(2)]})

    assert marked == {"l": Secret([1, 2])}


def test_outputs_are_secret_if_declared_so_or_named_as_a_secret_input() -> None:
    outputs = {"a": 1, "b": 2, "c": 3, "d": Secret(4)}

    marked = mark_secret_outputs(
        outputs, {"a": Secret(0), "b": 0}, ["c", "d", "missing"]
    )

    assert marked == {"a": Secret(1), "b": 2, "c": Secret(3), "d": Secret(4)}
