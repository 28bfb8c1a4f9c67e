"""One document of a sitemap: what is read of it, and that anything else is one error."""

import gzip
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pulumi_esa_prefetch.resources import sitemap_documents
from pulumi_esa_prefetch.resources.sitemap_documents import (
    SitemapError,
    read_sitemap,
)

A, B = "https://www.example.com/a?x=1&y=2", "https://www.example.com/b"
NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
URLSET = f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset {NAMESPACE} xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
  <url>
    <loc>
      https://www.example.com/a?x=1&amp;y=2
    </loc>
    <lastmod>2030-01-01</lastmod>
    <image:image><image:loc>https://www.example.com/picture</image:loc></image:image>
  </url>
  <loc>https://www.example.com/not-in-an-entry</loc>
  <url><loc><![CDATA[{B}]]></loc><priority>0.8</priority></url>
  <url><loc/></url>
</urlset>"""
INDEX = f"""<sm:sitemapindex xmlns:sm="http://www.sitemaps.org/schemas/sitemap/0.9">
  <sm:sitemap><sm:loc>{B}</sm:loc></sm:sitemap>
</sm:sitemapindex>"""


@pytest.mark.parametrize(
    ("content", "kind", "entries"),
    [
        (URLSET.encode(), "urls", (A, B)),
        (URLSET.replace("UTF-8", "UTF-16").encode("utf-16"), "urls", (A, B)),
        (b"\xef\xbb\xbf\n" + URLSET[39:].encode(), "urls", (A, B)),
        (URLSET.replace(f" {NAMESPACE}", "").encode(), "urls", (A, B)),
        (gzip.compress(URLSET.encode()), "urls", (A, B)),
        (gzip.compress(f"{A}\n".encode()) + gzip.compress(B.encode()), "urls", (A, B)),
        (INDEX.encode(), "index", (B,)),
        (f"\ufeff{A}\r\n\r\n {B} \n".encode(), "urls", (A, B)),
        (b"", "urls", ()),
    ],
    ids=[
        "XML",
        "UTF-16",
        "a byte order mark",
        "no namespace",
        "gzip",
        "gzip of two members",
        "an index",
        "text",
        "nothing",
    ],
)
def test_xml_text_and_gzip_are_read(
    content: bytes, kind: str, entries: tuple[str, ...]
) -> None:
    sitemap = read_sitemap(content)

    assert (sitemap.kind, sitemap.entries) == (kind, entries)


LAUGHS = """<!DOCTYPE urlset [<!ENTITY a "ha"><!ENTITY b "&a;&a;">
<!ENTITY file SYSTEM "file:///etc/passwd">]><urlset><url><loc>&b;&file;</loc></url></urlset>"""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (LAUGHS.encode(), "has a document type (DTD), which no sitemap needs"),
        (b"<!DOCTYPE html><html>", "has a document type (DTD), which no sitemap needs"),
        (b"<feed/>", "is XML, and its root is neither urlset nor sitemapindex"),
        (b"<urlset><url>", "is XML that cannot be read: no element found, in line 1"),
        (
            b"<urlset>&nbsp;</urlset>",
            "is XML that cannot be read: undefined entity, in line 1",
        ),
        (
            b'<?xml version="1.0" encoding="klingon"?><urlset/>',
            "is XML in an encoding that is not known: write it in UTF-8",
        ),
        (b"\x00\xff\xfe\x01", "is neither XML nor text in UTF-8"),
        (
            f"<urlset><url><loc>{'x' * 2049}</loc></url></urlset>".encode(),
            "has a URL of more than 2048 characters",
        ),
        (b"x" * 5000, "has a URL of more than 2048 characters"),
        (
            b"a\n" * 50_001,
            "has more than 50000 entries, the most that a sitemap may have",
        ),
        (b"\x1f\x8bnonsense", "is gzip that cannot be unpacked"),
        (gzip.compress(URLSET.encode())[:-20], "is gzip that is cut off"),
        (
            gzip.compress(b" " * (50 * 1024 * 1024 + 1), 1),
            "is larger than 50 MiB, the most for a sitemap",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_sitemap_is_one_clause(content: bytes, said: str) -> None:
    with pytest.raises(SitemapError) as refused:
        read_sitemap(content)

    assert str(refused.value) == said


PIECES = st.sampled_from(
    [
        b"<urlset>",
        b"</urlset>",
        b"<sitemapindex>",
        b"<url>",
        b"</url>",
        b"<loc>",
        b"</loc>",
        b"<loc xmlns='x'>",
        b"<a:loc>",
        b"https://x/",
        b"&amp;",
        b"&#0;",
        b"&x;",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"<?xml version='1.0' encoding='utf-16'?>",
        b"<?xml version='1.0' encoding='utf-7'?>",
        b"<?xml version='1.0' encoding='idna'?>",
        b"<!DOCTYPE a [<!ENTITY x '&x;'>]>",
        b"\xff\xfe",
        b"\x00",
    ]
)


@given(st.lists(PIECES | st.binary(max_size=5)).map(b"".join), st.booleans())
@example(b"\x1f\x8b", False)
@example(b"<?xml version='1.0' encoding='hex'?><urlset/>", False)
def test_no_other_error_than_this_one_comes_out(content: bytes, packs: bool) -> None:
    given = gzip.compress(content, 1) if packs else content

    with suppress(SitemapError):
        assert len(read_sitemap(given).entries) <= len(content)


def test_a_small_document_cannot_become_a_large_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sitemap_documents, "LARGEST_DOCUMENT", 1000)

    with pytest.raises(SitemapError, match="is larger than"):
        read_sitemap(gzip.compress(b"a\n" * 501))
