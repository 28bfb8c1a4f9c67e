"""The error of a report's inputs; its message is one sentence."""


class ReportError(Exception):
    """An input is wrong; the message says what is wrong and what to do."""
