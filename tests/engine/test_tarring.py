import hashlib

import pytest

from pulumi_esa_prefetch.engine.tarring import END, header, padding

# what Go's archive/tar wrote
WRITTEN = {
    ("a", 3): "3159d5b8adf26c7b71cbab7971f3eadf3f607a9c1aac1b886a9dbbc7747e704f",
    ("dir/é", 0): "ef584e57b3d078b2990fa5e8e7da1a88afbcb120e3ce91f68bc48454f8535cb4",
    ("n" * 100, 1): "11f9af6bf735d59d475d5120057d7bc77b6ad3beaab44ffaef74c8fcd212498d",
    ("n" * 101, 1): "6fe2ccc4d5cbead44c21a7187759f3c7fc05e80ee834968adbbd4315634d440a",
    (
        "q" * 60 + "/" + "r" * 60,
        1,
    ): "aef73d731a70aa4a8d4bee5e317f7cafd6c3446d4fd651b1d1d31a896b99e734",
    (
        "q" * 60 + "/" + "ä" * 60,
        1,
    ): "3b81264c4db5f74b15572930d955b405d1049c1f6a5cff95582c1c23ba174b58",
    (
        "s" * 155 + "/" + "t" * 100,
        1,
    ): "949b399d3008205c90657949ea6c79b0c64855fa8d83c40ee85e84a7027f98f4",
    (
        "s" * 156 + "/t",
        1,
    ): "d8a8e9ccc26862a955c6b18506955086214a854c0d0312624efaeb7b63dc819d",
    (
        "d/" * 60 + "f",
        1,
    ): "9ce5c4c65af30943b20e9f0e9aa6c2307c9d7e0e23e16c5106b39d9721f867d4",
    (
        "e" * 99 + "/" + "ü" * 5,
        1,
    ): "c1c33a7d6fa28f8415c01be81e5cfec9d5c5505d4495f5c5ec610182715ddd41",
    ("big", 8**11): "0e2513b185ddc4225c74a8e9063fdbea77b79e2f2e449358b784cbee5043013f",
    (
        "big",
        8**11 - 1,
    ): "ab6efcd0b495f0240a9777a6c2fc418d164bea6af95935fc0c91d95e58f483ff",
    (
        "//r" + "o" * 110,
        1,
    ): "83a6d2ce45f180e02b43f943250fd5380a2e81d1ba8a8b5c07d29bdf395087e2",
    ("ü" * 495, 1): "8d9d424a097c97ed83dba260dde3250e476dc3332b23c370078f781896d61342",
}


@pytest.mark.parametrize(("name", "size"), list(WRITTEN))
def test_a_header_is_byte_for_byte_what_go_writes(name: str, size: int) -> None:
    found = header(name.encode(), size)

    assert hashlib.sha256(found).hexdigest() == WRITTEN[name, size]


def test_contents_are_filled_up_to_whole_blocks() -> None:
    assert [len(padding(size)) for size in (0, 1, 512, 513)] == [0, 511, 0, 511]
    assert len(END) == 1024
