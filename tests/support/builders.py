"""Builders who bid: their licences, and what they show of them with a bid."""

import hashlib

from ledger.keys import PrivateKey
from ledger.licences.sd_jwt import bind, parse, present
from ledger.tenders.ids import Place
from ledger.tenders.requests import Requirement, nonce_of
from ledger.tenders.shown_licences import organisation_of
from ledger.tenders.signatures import Consent
from tests.support.licences import STRANGER_KEY
from tests.support.opened_tender import bidder_key, identity_of
from tests.support.sealed_bids import TENDER
from tests.support.sealing import KNOWN, account
from tests.support.verification import AT, DAY, Sample, sample

TYPE = "cn.construction-qualification"
ASKED = Requirement(
    "builder",
    f"urn:suizheng:licence:{TYPE}:1",
    ("holder_name", "holder_code", "qualifications"),
    "organisation",
    90,
    optional=False,
)
MEMBER_CODE = "91440101MA5EXAMP0G"
MEMBER_KEY = PrivateKey.from_secret(hashlib.sha256(b"member").digest())
LEAD_LICENCE = sample(
    TYPE,
    fields={
        "qualifications": [
            {"category": "建筑工程施工总承包", "grade": "特级"},
            {"category": "市政公用工程施工总承包", "grade": "三级"},
        ]
    },
).with_events()
MEMBER_LICENCE = sample(
    TYPE,
    seed=b"member",
    fields={
        "holder_code": MEMBER_CODE,
        "qualifications": [{"category": "建筑工程施工总承包", "grade": "二级"}],
    },
    holder_key=MEMBER_KEY.public_key,
).with_events()
HOME_MADE = sample(TYPE, seed=b"home", holder_key=STRANGER_KEY.public_key).with_events()
"""It names the bidder, and is bound to a key of somebody else's."""
LEAD = identity_of("甲") | {"code": "91110000600037341L"}
MEMBER = identity_of("乙") | {"code": MEMBER_CODE}
PLACE = Place(KNOWN.ledger, TENDER, 0, account(bidder_key("甲")))
AGREED = "public/joint-agreement.pdf"
PAPER = b"we bid together"
CONSENT = Consent(
    PLACE.constant,
    hashlib.sha256(PAPER).digest(),
    organisation_of(LEAD),
    organisation_of(MEMBER),
)


def shown(of: Sample, key: PrivateKey) -> str:
    signed = bind(
        present(parse(of.document), ASKED.claims),
        key,
        audience="0x" + TENDER.hex(),
        nonce=nonce_of(PLACE),
        issued_at=AT - DAY,
    )
    return signed.compact
