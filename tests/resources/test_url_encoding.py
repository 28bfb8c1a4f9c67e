"""Which URLs are sent as they are, which are encoded, and which are refused with a reason."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pulumi_esa_prefetch.resources.url_encoding import UrlError, encode_url

HOST = "https://www.example.com"


@pytest.mark.parametrize(
    "url",
    [
        f"{HOST}/a.jpg",
        HOST,
        f"{HOST}/dir/",
        f"{HOST}/*",
        f"{HOST}/a.jpg#top",
        f"{HOST}/a.jpg?x=1&y[]=2&z=a+b",
        f"{HOST}/a%20b%E5%9B%be.jpg",
        f"{HOST}/a/../b/./c//d",
        f"{HOST}/a.jpg,",
        f"{HOST}/a.jpg,{HOST}/b.jpg",
        f"{HOST}/!$&'()*+,;=:@-._~[]",
        f"{HOST}:443/a.jpg",
        f"{HOST}:8443/a.jpg",
        f"{HOST}:/a.jpg",
        f"{HOST}./a.jpg",
        f"{HOST}/{'a' * 20_000}",
        "HTTPS://WWW.EXAMPLE.COM/A.JPG",
        "http://a_b.example/",
        "https://xn--fsqu00a.xn--fiqs8s/a",
        "https://192.0.2.1/a",
        "https://[2001:db8::1]:8443/a",
    ],
)
def test_a_url_in_ascii_is_sent_as_it_is(url: str) -> None:
    assert encode_url(url) == url


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        (f"{HOST}/图片.jpg", f"{HOST}/%E5%9B%BE%E7%89%87.jpg"),
        (f"{HOST}/für.css", f"{HOST}/f%C3%BCr.css"),
        (f"{HOST}/fu\u0308r.css", f"{HOST}/fu%CC%88r.css"),
        (f"{HOST}/a%20图?q=für&r=%2f", f"{HOST}/a%20%E5%9B%BE?q=f%C3%BCr&r=%2f"),
        (f"{HOST}/😀", f"{HOST}/%F0%9F%98%80"),
        ("HTTPS://WWW.EXAMPLE.COM/É/..", "HTTPS://WWW.EXAMPLE.COM/%C3%89/.."),
        ("https://例子.中国/a.jpg", "https://xn--fsqu00a.xn--fiqs8s/a.jpg"),
        ("http://www.Für.example:8080/ü", "http://www.xn--fr-xka.example:8080/%C3%BC"),
        ("https://例子。中国", "https://xn--fsqu00a.xn--fiqs8s"),
    ],
)
def test_what_is_not_ascii_is_encoded_and_nothing_else(url: str, sent: str) -> None:
    assert encode_url(url) == sent
    assert encode_url(sent) == sent


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "is no http or https URL"),
        ("/a.jpg", "is no http or https URL"),
        ("www.example.com/a.jpg", "is no http or https URL"),
        ("ftp://x/a", "is no http or https URL"),
        ("oss://bucket/key", "is no http or https URL"),
        ("# my list", "is no http or https URL"),
        (f'"{HOST}/a.jpg"', "is no http or https URL"),
        (f"{HOST}/a b.jpg", "holds a space (write %20)"),
        (f"{HOST}/a.jpg {HOST}/b.jpg", "holds a space (write %20)"),
        (f'{HOST}/"a".jpg', 'holds " (write %22)'),
        (f"{HOST}/<id>.jpg", "holds < (write %3C)"),
        (f"{HOST}/{{id}}.jpg", "holds { (write %7B)"),
        (f"{HOST}/a?family=b|c", "holds | (write %7C)"),
        (f"{HOST}\\a.jpg", "holds \\ (write %5C)"),
        (f"{HOST}/图 片.jpg", "holds a space (write %20)"),
        (f"{HOST}/100%.jpg", "holds a % without two hex digits (write %25)"),
        (f"{HOST}/a%zz.jpg", "holds a % without two hex digits (write %25)"),
        (f"{HOST}/a%", "holds a % without two hex digits (write %25)"),
        (f"{HOST}/a\u00a0b.jpg", "holds the invisible character U+00A0"),
        (f"{HOST}/a\u200b.jpg", "holds the invisible character U+200B"),
        (f"{HOST}/a\u202eb.jpg", "holds the invisible character U+202E"),
        (f"{HOST}/a\u2028b", "holds the invisible character U+2028"),
        (f"{HOST}/a\x00.jpg", "holds the invisible character U+0000"),
        (f"{HOST}/a\nb.jpg", "holds the invisible character U+000A"),
        (f"{HOST}/a\tb.jpg", "holds the invisible character U+0009"),
        (f"{HOST}/a\x7f", "holds the invisible character U+007F"),
        (f"{HOST}/a\udce9", "holds the invisible character U+DCE9"),
        (f"\ufeff{HOST}/a.jpg", "holds the invisible character U+FEFF"),
        ("https://", "has no host"),
        ("https:///a.jpg", "has no host"),
        ("https://:80/a.jpg", "has no host"),
        ("https://?a", "has no host"),
        ("https://a..example/", "has a host that is no domain name"),
        ("https://a$b/", "has a host that is no domain name"),
        ("https://ü..example/", "has a host that is no domain name"),
        ("https://☃.example/", "has a host that is no domain name"),
        ("https://[::1/a", "has a host that cannot be read"),
        ("https://\u2100.example/", "has a host that cannot be read"),
        (f"{HOST}:99999/a.jpg", "has a port that is no number up to 65535"),
        (f"{HOST}:http/a.jpg", "has a port that is no number up to 65535"),
        ("https://例子.中国:\uff18/", "has a port that is no number up to 65535"),
        ("https://u:pw@www.example.com/a", "holds a user name or password"),
        ("https://token@例子.中国/", "holds a user name or password"),
    ],
)
def test_a_url_that_esa_would_refuse_is_refused_with_the_reason(
    url: str, why: str
) -> None:
    with pytest.raises(UrlError) as refused:
        encode_url(url)

    assert str(refused.value) == why


_PIECES = st.sampled_from(
    ["https://", "a", ".", "/", ":", "@", "[", "]", "%", "?", "#"]
)
_TEXTS = st.lists(_PIECES | st.characters(), max_size=12).map("".join)


@given(text=_TEXTS)
@example(text="xn--\u00fc.example")
@example(text="\u0130.\u0660-\u06f0")
def test_any_text_is_refused_or_becomes_ascii_that_stays_as_it_is(text: str) -> None:
    try:
        sent = encode_url(f"http://{text}")
    except UrlError:
        return

    assert sent.isascii()
    assert encode_url(sent) == sent
