"""Checks the signature and the permission of a request; `acs3` and `rpc_v1` parse it."""

import hmac
import re
from datetime import datetime, timedelta

from pulumi_esa_emulator.dialects import Rules
from pulumi_esa_emulator.errors import Problem, missing_parameter
from pulumi_esa_emulator.identity.acs3 import read_acs3
from pulumi_esa_emulator.identity.keys import AccessKey, KeyRing
from pulumi_esa_emulator.identity.nonces import UsedNonce, UsedNonces
from pulumi_esa_emulator.identity.rpc_v1 import read_rpc_v1
from pulumi_esa_emulator.identity.signature import RequestSignature
from pulumi_esa_emulator.messages.request import ApiRequest

# "within 15 minutes of the server" (V3 signature page).
_WINDOW = timedelta(minutes=15)
# The operations on a site in the RAM tables (PurgeCaches: inferred); all others use `*`.
_ON_A_SITE = {"ListScheduledPreloadJobs", "PurgeCaches", "DescribePurgeTasks"}
_DATE = re.compile(r"\d{4}-\d\d-\d\dT(?!24)\d\d:\d\d:\d\dZ", re.ASCII)


def read_signature(request: ApiRequest) -> RequestSignature:
    """The signature of the request; Problem if it has none."""
    if request.scheme == "ACS3":
        return read_acs3(request)
    if request.scheme == "RPC":
        return read_rpc_v1(request)
    raise missing_parameter("AccessKeyId")


def authenticate(
    signature: RequestSignature, keys: KeyRing, now: datetime, rules: Rules
) -> AccessKey:
    """The key that signed; Problem if it did not. `now` is the signature clock's time."""
    _check_date(signature.timestamp, now)
    key = keys.get(signature.access_key_id)
    if key is None:
        raise Problem("InvalidAccessKeyId.NotFound", status=rules.unknown_key)
    _check_token(key, signature, now)
    if not hmac.compare_digest(
        signature.sign(key.secret).encode(), signature.signature.encode()
    ):
        raise Problem(
            "SignatureDoesNotMatch",
            "Specified signature is not matched with our calculation. "
            f"server string to sign is:{signature.string_to_sign}",
        )
    return key


def use_nonce(
    key: AccessKey, signature: RequestSignature, nonces: UsedNonces, now: datetime
) -> UsedNonce:
    """Mark the nonce of a valid signature as used; `now` is the wall clock's time."""
    nonce = nonces.take(key.id, signature.nonce, now)
    if nonce is None:
        raise Problem("SignatureNonceUsed")
    return nonce


def authorize(key: AccessKey, action: str, site_id: str | None, rules: Rules) -> None:
    """Raise Problem if the key's RAM policy does not allow the action."""
    if key.policy is None:
        return
    name = f"esa:{action}"
    site = f"acs:esa:*:{key.ali_uid}:site/{site_id}"
    resource = site if action in _ON_A_SITE else "*"
    verdict = key.policy.verdict(name, resource)
    if verdict != "Allow":
        raise Problem(
            rules.denied,
            f"You are not authorized to do this operation. Action: {name} "
            f"Resource: {resource}",
            detail={
                "AuthAction": name,
                "AuthPrincipalOwnerId": key.ali_uid,
                "AuthPrincipalType": "SubUser",
                "NoPermissionType": verdict,
                "PolicyType": "AccountLevelIdentityBasedPolicy",
            },
        )


def _check_date(text: str, now: datetime) -> None:
    if not _DATE.fullmatch(text):
        raise Problem("InvalidTimeStamp.Format")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Problem("InvalidTimeStamp.Format") from None
    if abs(now - moment) > _WINDOW:
        raise Problem("InvalidTimeStamp.Expired")


def _check_token(key: AccessKey, signature: RequestSignature, now: datetime) -> None:
    if key.expires is not None and now >= key.expires:
        raise Problem("InvalidSecurityToken.Expired")
    wanted, given = key.token or "", signature.security_token or ""
    if not hmac.compare_digest(wanted.encode(), given.encode()):
        raise Problem("InvalidSecurityToken.MismatchWithAccessKey")
