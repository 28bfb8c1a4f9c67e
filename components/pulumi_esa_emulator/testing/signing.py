"""Signs a call of a test as the RPC signature page says, with what the local ESA itself reads; sends nothing."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from pulumi_esa_emulator.identity.keys import AccessKey
from pulumi_esa_emulator.identity.rpc_v1 import read_rpc_v1
from pulumi_esa_emulator.messages.request import ApiRequest


def signed_query(
    action: str, parameters: Mapping[str, str], key: AccessKey, now: datetime
) -> dict[str, str]:
    """The query of one call: its parameters, those of the protocol, and the signature; for a POST without a body."""
    query = {
        **parameters,
        "Action": action,
        "Version": "2024-09-10",
        "Format": "JSON",
        "AccessKeyId": key.id,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": uuid.uuid4().hex,
        "Timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    unsigned = ApiRequest(
        "", "POST", "/", {}, (*query.items(), ("Signature", "not yet"))
    )
    return {**query, "Signature": read_rpc_v1(unsigned).sign(key.secret)}
