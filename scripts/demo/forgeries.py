"""What a forger would try, made from a true licence."""

import orjson

from ledger.canonical import b64url_decode, b64url_encode, parse_object
from ledger.keys import PrivateKey


def tampered(document: str) -> str:
    """Return `document` with another day of issue, the signature left as it was."""
    token, *disclosures = document.split("~")
    header, payload, signature = token.split(".")
    claims = parse_object(b64url_decode(payload))
    changed = claims | {"issue_date": "2020-01-01"}
    return "~".join([f"{header}.{_part(changed)}.{signature}", *disclosures])


def signed_by_stranger(document: str, stranger: PrivateKey) -> str:
    """Return `document`, word for word, signed by a stranger who names the agency's key."""
    token, *disclosures = document.split("~")
    signed = token.rpartition(".")[0]
    signature = b64url_encode(stranger.sign(signed.encode("ascii")))
    return "~".join([f"{signed}.{signature}", *disclosures])


def _part(claims: object) -> str:
    return b64url_encode(orjson.dumps(claims))
