"""What can be wrong with what a report is made from; each text is one sentence."""


class ReportError(Exception):
    """The input is not what it should be; the text says what it is and what to do."""
