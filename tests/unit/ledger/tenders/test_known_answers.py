"""Every known answer of the scheme, none of them computed by the code under test."""

import hashlib

import pytest

from ledger.eip712 import MessageUnencodable
from ledger.tenders import envelopes, file_keys, ids, mailbox, messages, shares
from ledger.tenders.commitments import Tag, commitment, shares_hash
from ledger.values import AgencyId
from tests.support.sealing import KNOWN, account

EMPTY = hashlib.sha256(b"{}").digest()


def bid() -> messages.SubmitBid:
    part = messages.Part(
        file=KNOWN["file"],
        size=KNOWN["size"],
        c_b=KNOWN["cB"],
        c_c=KNOWN["cC"],
        shares=KNOWN["shares"],
        manifest=commitment(Tag.MANIFEST, KNOWN.context, EMPTY),
    )
    constant = KNOWN.place.constant
    return messages.SubmitBid(
        tender=KNOWN.place.tender,
        lot=KNOWN["lot"],
        bidder=KNOWN.bidder,
        version=KNOWN["version"],
        docs=KNOWN["docs"],
        parts=(part,),
        identity=commitment(Tag.IDENTITY, constant, EMPTY),
        bond=commitment(Tag.BOND, constant, EMPTY),
        valid_until=KNOWN["validUntil"],
    )


class TestIds:
    def test_of_the_tender(self) -> None:
        assert ids.ref_of(KNOWN["number"]) == KNOWN["ref"]
        assert ids.tender_id(AgencyId(KNOWN["agency"]), KNOWN["ref"]) == KNOWN["tenderId"]

    def test_of_the_bidder(self) -> None:
        assert account(KNOWN["bidderKey"]) == KNOWN.bidder

    def test_contexts(self) -> None:
        assert KNOWN.place.context(KNOWN["part"], KNOWN["version"]) == KNOWN["context"]
        assert KNOWN.place.constant == KNOWN["constantContext"]

    @pytest.mark.parametrize(("part", "version"), [(256, 1), (1, 2**32), (-1, 1)])
    def test_of_what_does_not_fit_are_refused(self, part: int, version: int) -> None:
        with pytest.raises(MessageUnencodable):
            KNOWN.place.context(part, version)


class TestSecrets:
    def test_commitments(self) -> None:
        assert commitment(Tag.BIDDER, KNOWN.context, KNOWN["bidderSecret"]) == KNOWN["cB"]
        assert commitment(Tag.TRUSTEES, KNOWN.context, KNOWN["trusteesSecret"]) == KNOWN["cC"]

    def test_file_key(self) -> None:
        key = file_keys.file_key(KNOWN["bidderSecret"], KNOWN["trusteesSecret"], KNOWN.context)
        assert key == KNOWN["fileKey"]
        assert file_keys.identity(key) == KNOWN["identity"]
        assert file_keys.recipient(key) == KNOWN["recipient"]

    def test_shares_and_envelopes(self) -> None:
        made = shares.split(KNOWN["trusteesSecret"], KNOWN["coefficients"], 5)
        assert (made[0], made[4]) == (KNOWN["share1"], KNOWN["share5"])
        sealed = [
            envelopes.seal(share, KNOWN.trustee(index), KNOWN.context, index, ephemeral)
            for index, (share, ephemeral) in enumerate(
                zip(made, KNOWN["ephemeralKeys"], strict=True), 1
            )
        ]
        assert sealed[0] == KNOWN["envelope1"]
        assert shares_hash(sealed) == KNOWN["shares"]
        assert account(KNOWN["trusteeKeys"][0]).lower() == "0x" + KNOWN["trustee1"].hex()

    def test_the_mailboxs_leaf(self) -> None:
        assert mailbox.leaf(KNOWN["digest"], KNOWN["blind"]) == KNOWN["mailboxLeaf"]


class TestMessage:
    def test_digest(self) -> None:
        assert messages.digest(KNOWN.ledger, bid()) == KNOWN["digest"]
