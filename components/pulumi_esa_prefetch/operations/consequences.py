"""What a stack that declares a plan will do after it was started, stopped or run again by hand; pure.

An `up` compares the declaration with the state, in which nothing has changed. Only a refresh shows it the plan.
"""

from pulumi_esa_prefetch.operations.acts import HandAct


def consequence(act: HandAct, desired_state: str, stack: str) -> str:
    """What the next `up` of the stack does about the plan, as a sentence."""
    declares = f"stack {stack} declares it {desired_state}"
    if act is HandAct.STOP and desired_state == "running":
        return f"{declares}: the next `up --refresh` starts it again; an up without a refresh does not look"
    if act is not HandAct.STOP and desired_state == "stopped":
        return f"{declares}: the next `up --refresh` stops it, if it runs then; an up without a refresh does not look"
    return f"{declares}: the next up leaves it"
