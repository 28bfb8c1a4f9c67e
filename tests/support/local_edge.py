"""The edge of an emulator in this process, for tests: what it was asked, and what is warm there.

    with local_edge(seed_of_urls(urls)) as edge:
        edge.warm(urls[:70])
        ...                       # ask, with edge.resolve, or by edge.ask
        assert set(edge.counts().values()) == {1}

A client trusts it by `edge.trust` (an SSL context), or by SSL_CERT_FILE = `edge.ca_file`.
"""

import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx

from pulumi_esa_emulator.clock import Clock
from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.server import running
from tests.support.local_esa import SITE, Document, Esa, job


class LocalEdge(Esa):
    """An emulator and its edge."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        shown = self.edge()
        self.port = int(shown["port"])
        self.trust = ssl.create_default_context(cadata=shown["ca"])
        self.ca_file = ""
        self._client = httpx.Client(verify=self.trust, trust_env=False, timeout=30)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()
        super().close()

    def resolve(self, url: str) -> str:
        """HOST:PORT:ADDR:PORT, by which a client reaches the edge for this URL."""
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        return f"{parts.hostname}:{port}:127.0.0.1:{self.port}"

    def ask(self, url: str, method: str = "GET", **headers: str) -> httpx.Response:
        """Ask for a URL, at the edge."""
        parts = urlsplit(url)
        here = parts._replace(netloc=f"127.0.0.1:{self.port}").geturl()
        return self._client.request(
            method,
            here,
            headers={"Host": parts.netloc, **headers},
            extensions={"sni_hostname": parts.hostname},
        )

    def cached(self, url: str, method: str = "GET") -> str:
        """What its cache answers."""
        return self.ask(url, method).headers["X-Site-Cache-Status"]

    def counts(self) -> dict[str, int]:
        """How many requests it saw for each URL."""
        return dict(self.edge()["counts"])

    def warm(self, urls: Iterable[str]) -> None:
        """Put URLs into its cache."""
        self.post("edge", {"warm": list(urls)})

    def cool(self, urls: Iterable[str]) -> None:
        """Take URLs out of its cache."""
        self.post("edge", {"cold": list(urls)})


@contextmanager
def local_edge(seed: Document, clock: Clock | None = None) -> Iterator[LocalEdge]:
    """An emulator with an edge during the block."""
    app = create_app(seed=seed, clock=clock)
    with running(app, edge=0) as endpoint:
        edge = LocalEdge(endpoint)
        if app.edge_server is not None:
            edge.ca_file = str(app.edge_server.authority.file)
        try:
            yield edge
        finally:
            edge.close()


def seed_of_urls(urls: Iterable[str], *plans: Document) -> Document:
    """A seed with one job of these URLs."""
    return {
        "sites": [{"SiteId": SITE, "Status": "active"}],
        "jobs": [{**job(1, plans), "UrlList": list(urls)}],
    }
