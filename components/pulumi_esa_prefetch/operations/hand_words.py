"""The words of the hooks as a person needs them who acts by hand: there is no program, no state and no `up`."""

from typing import Final

INSTEAD: Final = (
    ("if you put the triggers back, run up --refresh", ""),
    ("run up again, which looks first", "run this again, which looks first"),
    ("give job_id and run up again", "give --job and run this again"),
    ("run up again", "run this again"),
    ("see the plan's status in ESA before the next up", "see `plan show` first"),
    ("give job_id", "give --job"),
    ("without job_id", "without --job"),
    ("job_id is not given", "--job is not given"),
    ("declare job_id ", "its job is "),
    ("check plan_id and job_id", "check its id and that of its job"),
    ("declare it stopped once it runs", "stop it once it runs"),
    (": move its window, or declare it stopped", ": move its window"),
    (": move its window, or put the old triggers back", ": move its window"),
    ('stop it, or declare rerun="resume"', "stop it, or give --resume"),
    (", or declare it as it is", ""),
    ("its status is not known until a refresh", "its status is not known yet"),
    (" stays in the state", " is taken"),
    ("the state keeps its job", "their job is the known one"),
    ("triggers changed", "asked for by hand"),
    ("adopted: ", "left as it is: "),
)
"""Phrases of `provider`, the longer before those that they hold, and what is said in place of each."""


def by_hand(sentence: str) -> str:
    """The sentence in the words of somebody who acts by hand."""
    for phrase, instead in INSTEAD:
        sentence = sentence.replace(phrase, instead)
    return sentence.removesuffix(": run this again; ").removesuffix("; ")
