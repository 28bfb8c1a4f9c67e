"""ESA's error table: the HTTP status and the text of each code.

The first block is the table that the API pages of the eleven operations of scheduled prefetch share. The
emulator can return every row of it except `LogNotFound`: no operation queries a log. The
second block holds the errors of the gateway in front of ESA (general error pages of
Alibaba Cloud). The codes of the third block are invented, because ESA documents none.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """The HTTP status and the text of one code."""

    status: int
    text: str


ERRORS = {
    "InvalidEndTime.Mismatch": ErrorRow(
        400, "The specified EndTime is earlier than the StartTime."
    ),
    "InvalidJob.JobCountOfSiteFull": ErrorRow(
        400,
        "The maximum number of prefetch tasks for the website has been reached. "
        "Delete some unwanted ones and try again.",
    ),
    "InvalidParameter.ObjectId": ErrorRow(400, "Invalid task ID or execution plan ID."),
    "MissingOssUrl": ErrorRow(
        400,
        "OssUrl missing. Specify a valid URL of the OSS object that stores URLs to "
        "prefetch.",
    ),
    "MissingUrlList": ErrorRow(400, "Enter the URLs you want to prefetch."),
    "TooManyRequests": ErrorRow(400, "Too many requests.Please try again later."),
    "InvalidUid.PermissionDenied": ErrorRow(
        403,
        "You do not have the permissions to perform this operation on this resource. "
        "Check whether the specified UID is correct and has the required permissions.",
    ),
    "InvalidJob.NotFound": ErrorRow(
        404,
        "The task does not exist. Check whether the task ID is correct or whether the "
        "task has been deleted.",
    ),
    "LogNotFound": ErrorRow(
        404,
        "Failed to query the log. Check whether the task ID and execution ID are "
        "valid.",
    ),
    "InvalidExecution.NotFound": ErrorRow(
        404,
        "The execution plan does not exist. Check whether the parameters such as the "
        "execution ID, start time, and end time are correct.",
    ),
    # The page of GetPurgeQuota has it.
    "MissingTimeParameter": ErrorRow(
        400, "The StartTime and EndTime must be both specified."
    ),
    # The gateway in front of ESA.
    "InvalidAction.NotFound": ErrorRow(
        404, "Specified api is not found, please check your url and method."
    ),
    "InvalidVersion": ErrorRow(400, "Specified parameter Version is not valid."),
    "UnsupportedHTTPMethod": ErrorRow(400, "This http method is not supported."),
    "InvalidAccessKeyId.NotFound": ErrorRow(400, "Specified access key is not found."),
    "IncompleteSignature": ErrorRow(
        400, "The request signature does not conform to Alibaba Cloud standards."
    ),
    "SignatureDoesNotMatch": ErrorRow(
        400, "Specified signature is not matched with our calculation."
    ),
    "SignatureNonceUsed": ErrorRow(400, "Specified signature nonce was used already."),
    "InvalidTimeStamp.Format": ErrorRow(
        400, "Specified time stamp or date value is not well formatted."
    ),
    "InvalidTimeStamp.Expired": ErrorRow(
        400, "Specified time stamp or date value is expired."
    ),
    "InvalidSecurityToken.Expired": ErrorRow(
        400, "Specified SecurityToken is expired."
    ),
    "InvalidSecurityToken.MismatchWithAccessKey": ErrorRow(
        400, "Specified SecurityToken mismatch with the AccessKey."
    ),
    "NoPermission": ErrorRow(403, "You are not authorized to do this operation."),
    "Forbidden.RAM": ErrorRow(
        403, "User not authorized to operate on the specified resource."
    ),
    "Throttling": ErrorRow(400, "Request was denied due to request throttling."),
    "Throttling.User": ErrorRow(400, "Request was denied due to user flow control."),
    "Throttling.Api": ErrorRow(400, "Request was denied due to api flow control."),
    "InternalError": ErrorRow(
        500, "The request processing has failed due to some unknown error."
    ),
    "ServiceUnavailable": ErrorRow(
        503, "The request has failed due to a temporary failure of the server."
    ),
    "SiteNotFound": ErrorRow(404, "The website does not exist."),
    "RequestEntityTooLarge": ErrorRow(413, "The request body is too large."),
    # Invented; ESA documents no code for these.
    "InvalidExecution.Status": ErrorRow(
        400, "The execution plan does not allow this operation in its current status."
    ),
    "InvalidJob.Status": ErrorRow(
        400, "The task does not allow this operation while it has plans that run."
    ),
    "InstanceNotExist": ErrorRow(404, "The plan instance does not exist."),
    # The name that CDN and DCDN give it.
    "QuotaExceeded.Refresh": ErrorRow(
        400, "You have exceeded your daily refresh limit."
    ),
    "InvalidJob.ExecutionCountFull": ErrorRow(
        400, "The maximum number of execution plans for the task has been reached."
    ),
}


class Problem(Exception):
    """An error answer of ESA: code, HTTP status, text, headers, and a detail object."""

    def __init__(
        self,
        code: str,
        text: str | None = None,
        *,
        status: int | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        detail: dict[str, str] | None = None,
    ) -> None:
        row = ERRORS.get(code, ErrorRow(400, code))
        super().__init__(code)
        self.code = code
        self.status = status or row.status
        self.text = text or row.text
        self.headers = headers
        self.detail = detail


def missing_parameter(parameter: str) -> Problem:
    """The gateway's error for a parameter that was not sent: `Missing<Param>`."""
    code = f"Missing{parameter}"
    text = None if code in ERRORS else f"{parameter} is mandatory for this action."
    return Problem(code, text)


def invalid_parameter(parameter: str, why: str) -> Problem:
    """A parameter with a bad value; the code follows InvalidParameter.ObjectId."""
    return Problem(
        f"InvalidParameter.{parameter}",
        f"The specified parameter {parameter} is not valid: {why}.",
    )
