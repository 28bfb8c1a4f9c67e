"""A client for tests: it signs with the official SDK's function and sends by httpx."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import httpx

# Untyped; as Any they can be called from typed code.
Utils: Any = import_module("alibabacloud_tea_openapi.utils").Utils
DaraRequest: Any = import_module("darabonba.request").DaraRequest

ALGORITHM = "ACS3-HMAC-SHA256"
READS = ("Get", "List", "Describe")

Document = dict[str, Any]


class SignedClient:
    """Calls one emulator with one key; it returns httpx responses."""

    def __init__(
        self,
        transport: httpx.BaseTransport | None,
        *,
        url: str = "http://esa.test",
        key: str = "emulator-key",
        secret: str = "emulator-secret",
        token: str | None = None,
    ) -> None:
        self.http = httpx.Client(
            transport=transport, base_url=url, timeout=10, trust_env=False
        )
        self._key, self._secret, self._token = key, secret, token

    def ask(self, action: str, **parameters: object) -> httpx.Response:
        """Call an action; form fields go into the body, `Id` into the query."""
        texts = {name: str(value) for name, value in parameters.items()}
        return self.http.send(self.request(action, texts))

    def body(self, action: str, **parameters: object) -> Document:
        """The body of an answer that must be a 200."""
        response = self.ask(action, **parameters)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def code(self, action: str, **parameters: object) -> tuple[int, str]:
        """Status and code of an answer that must be a refusal."""
        response = self.ask(action, **parameters)
        assert response.status_code >= 400, response.text
        return response.status_code, response.json()["Code"]

    def request(
        self,
        action: str,
        parameters: Mapping[str, str],
        **changed: str,
    ) -> httpx.Request:
        """A signed request; `changed` are headers (`x_acs_date`) before signing."""
        reads = action.startswith(READS)
        in_query = {n: v for n, v in parameters.items() if reads or n == "Id"}
        form = {n: v for n, v in parameters.items() if n not in in_query}
        request = self.http.build_request(
            "GET" if reads else "POST", "/", params=in_query, data=form or None
        )
        return self.sign(request, action, in_query, changed)

    def sign(
        self,
        request: httpx.Request,
        action: str,
        query: Mapping[str, str],
        changed: Mapping[str, str],
    ) -> httpx.Request:
        """Sign as the SDK does: host, content-type and all x-acs headers."""
        body = request.read()
        payload = Utils.hash(body, ALGORITHM).hex()
        headers = {
            "host": request.headers["host"],
            "x-acs-action": action,
            "x-acs-version": "2024-09-10",
            "x-acs-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": uuid.uuid4().hex,
            "x-acs-content-sha256": payload,
        }
        if body:
            headers["content-type"] = request.headers["content-type"]
        if self._token:
            headers["x-acs-security-token"] = self._token
        headers |= {name.replace("_", "-"): value for name, value in changed.items()}
        signed = DaraRequest()
        signed.method, signed.query, signed.headers = (
            request.method,
            dict(query),
            headers,
        )
        headers["Authorization"] = Utils.get_authorization(
            signed, ALGORITHM, payload, self._key, self._secret
        )
        request.headers.update(headers)
        return request
