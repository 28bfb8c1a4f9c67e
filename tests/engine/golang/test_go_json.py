import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_embedded_engine.golang.go_json import with_go_floats

# as the pulumi CLI 3.260 printed them by `stack output --json`
SEEN = [
    (-0.0, "-0"),
    (1e-07, "1e-7"),
    (3.0, "3"),
    (1e21, "1e+21"),
    (1e20, "100000000000000000000"),
    (1.5e300, "1.5e+300"),
    (-1e-7, "-1e-7"),
    (5e-324, "5e-324"),
    (1e-6, "0.000001"),
    (12345678.9, "12345678.9"),
    (1e22, "1e+22"),
    (4.35, "4.35"),
]


@pytest.mark.parametrize(("number", "seen"), SEEN)
def test_a_number_in_json_is_spelled_as_the_cli_spells_it(
    number: float, seen: str
) -> None:
    assert with_go_floats(json.dumps({"1.0": [number]})) == f'{{"1.0": [{seen}]}}'


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_the_json_stays_that_of_the_same_value(value: object) -> None:
    document = json.dumps(value)

    # digits of a large number stand for the double that is nearest
    assert json.loads(with_go_floats(document), parse_int=float) == json.loads(
        document, parse_int=float
    )
