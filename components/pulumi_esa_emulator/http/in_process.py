"""An httpx transport to an emulator in this process, for tests.

It raises the errors that a socket would give for a broken answer; `httpx.WSGITransport`
knows neither resets nor answers that end too early.
"""

import httpx

from pulumi_esa_emulator.http.app import Emulator


class EmulatorTransport(httpx.BaseTransport):
    """Calls the emulator; a reset is a ReadError, a cut answer a RemoteProtocolError."""

    def __init__(self, emulator: Emulator) -> None:
        self._wsgi = httpx.WSGITransport(app=emulator)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        try:
            response = self._wsgi.handle_request(request)
            body = response.read()
        except ConnectionResetError as error:
            raise httpx.ReadError(str(error), request=request) from error
        if len(body) < int(response.headers.get("Content-Length", 0)):
            raise httpx.RemoteProtocolError(
                "peer closed connection without sending complete message body",
                request=request,
            )
        stream = httpx.ByteStream(body)
        return httpx.Response(
            response.status_code, headers=response.headers, stream=stream
        )
