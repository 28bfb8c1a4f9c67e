import pytest

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.golang.version_ranges import require_version


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "3.260.0",
        "==3.260.0+build",
        ">=3.0.0",
        ">= 3.0.0 <4.0.0",
        "<3.0.0 || >3.100.0",
        "!=3.259.0",
        ">3.260.0-rc.1",
        "<=3.260.0 !=4.0.0",
    ],
)
def test_a_range_that_contains_the_version_is_accepted(wanted: str) -> None:
    require_version(wanted)


@pytest.mark.parametrize(
    "wanted",
    [
        ">=99.0.0",
        ">3.260.0",
        "3.260.0-rc.1",
        "!=3.260.0",
        ">=3.0.0 <3.260.0 || >=4.0.0",
    ],
)
def test_another_range_is_rejected_and_the_error_names_the_cli(wanted: str) -> None:
    with pytest.raises(EngineError, match=r"works like 3\.260\.0: .* pulumi CLI"):
        require_version(wanted)


@pytest.mark.parametrize(
    "wanted",
    [
        *(
            "three",
            "3",
            "3.x",
            "!3.0.0",
            "3.1",
            "03.0.0",
            "3.x.1",
            "=>3.0.0",
            "^3.x",
            "3.0.0 ||",
            "||",
        ),
        *(">=3.0.0-01", "<4.0.0-a..b", " "),
    ],
)
def test_an_invalid_range_is_rejected_in_a_sentence(wanted: str) -> None:
    with pytest.raises(EngineError, match="is not a range of versions"):
        require_version(wanted)
