"""The error of an operation by hand; its message is one sentence."""


class OperationError(Exception):
    """What was asked for cannot be done; the message says why and what to do."""
