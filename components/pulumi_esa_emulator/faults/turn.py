"""One call as a fault sees it: what is asked, the how-manieth it is, and chance."""

import random
from dataclasses import dataclass

from pulumi_esa_emulator.errors import Problem
from pulumi_esa_emulator.messages.reply import Reply, problem_reply


@dataclass(frozen=True, slots=True)
class Turn:
    """`number` counts the fault's matching calls from 1.

    `recent`: how many of them it let through within the last second.
    """

    action: str
    number: int
    recent: int
    rng: random.Random
    request_id: str
    host: str

    def refusal(self, problem: Problem) -> Reply:
        """The reply that says the problem."""
        return problem_reply(problem, self.request_id, self.host)
