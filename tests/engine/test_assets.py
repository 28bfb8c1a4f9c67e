import hashlib
from pathlib import Path

from pulumi_esa_prefetch.engine.assets import with_hashes
from pulumi_esa_prefetch.engine.values import ASSET, SIGNATURE, Secret


def test_assets_at_any_depth_get_the_hash_of_their_content(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"file")
    text = {SIGNATURE: ASSET, "text": "text"}
    file = {SIGNATURE: ASSET, "path": "f"}

    value = with_hashes({"l": [text], "s": Secret(file), "n": 1}, tmp_path)

    assert value["l"][0]["hash"] == hashlib.sha256(b"text").hexdigest()
    assert value["s"].value["hash"] == hashlib.sha256(b"file").hexdigest()
    assert value["n"] == 1


def test_an_asset_whose_content_is_elsewhere_stays_as_it_is(tmp_path: Path) -> None:
    remote = {SIGNATURE: ASSET, "uri": "https://example.com/x"}

    assert with_hashes(remote, tmp_path) == remote
