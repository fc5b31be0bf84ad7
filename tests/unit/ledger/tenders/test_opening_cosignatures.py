"""A supervisor's or notary's co-signature of an opening record."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.errors import CoSignatureInvalid
from ledger.tenders import documents
from ledger.tenders.forms import FormInvalid
from ledger.tenders.opening_cosignatures import (
    Capacity,
    CoSigned,
    CoSigners,
    CoSignerUnknown,
    Notary,
    OpeningCoSignature,
    co_sign,
)
from tests.support.sealed_bids import TENDER, document_content
from tests.support.sealing import KNOWN, account

SECRET = b"\x62" * 32
SAID = CoSigned(KNOWN.ledger, TENDER, 0, 1, b"\x07" * 32, Capacity.NOTARY)
SIGNED = co_sign(SAID, SECRET)


class TestOpeningCoSignature:
    def test_is_read_as_it_was_written_and_names_its_signer(self) -> None:
        read = OpeningCoSignature.read(SIGNED.to_bytes())
        assert read == SIGNED
        read.require_signed()
        assert read.signer == account(SECRET)

    def test_twice_is_the_same_paper(self) -> None:
        assert co_sign(SAID, SECRET).to_bytes() == SIGNED.to_bytes()

    @pytest.mark.parametrize(
        "bent",
        [
            replace(SAID, lot=1),
            replace(SAID, part=2),
            replace(SAID, record=b"\x08" * 32),
            replace(SAID, capacity=Capacity.SUPERVISOR),
            replace(SAID, ledger=replace(KNOWN.ledger, chain_id=1)),
        ],
        ids=["lot", "part", "record", "capacity", "chain"],
    )
    def test_changed_on_the_way_is_refused(self, bent: CoSigned) -> None:
        with pytest.raises(CoSignatureInvalid):
            replace(SIGNED, said=bent).require_signed()

    def test_of_another_key_or_a_broken_signature_is_refused(self) -> None:
        for bent in (
            replace(SIGNED, signer=account(b"\x63" * 32)),
            replace(SIGNED, signature=SIGNED.signature[:-1] + b"\x00"),
        ):
            with pytest.raises(CoSignatureInvalid):
                bent.require_signed()

    def test_of_another_form_is_refused(self) -> None:
        for said, put in ((b'"part":1', b'"part":3'), (b'"notary"', b'"buyer"')):
            with pytest.raises(FormInvalid):
                OpeningCoSignature.read(SIGNED.to_bytes().replace(said, put))


class TestCoSigners:
    def announced(self, **said: Any) -> CoSigners:
        """Those of documents that say so."""
        content = document_content(1, 2, 3) | said
        return CoSigners.of(documents.read(documents.write(content)).content)

    def test_are_nobody_where_the_documents_say_nothing(self) -> None:
        found = self.announced()
        assert found.announced == ()
        with pytest.raises(CoSignerUnknown):
            found.require_notary(SIGNED.signer)

    def test_are_those_that_the_documents_name(self) -> None:
        notary = {"name": "样例公证处", "key": SIGNED.signer.lower()}
        found = self.announced(coSigners={"supervisor": True, "notary": notary})
        assert found == CoSigners(has_supervisor=True, notary=Notary("样例公证处", SIGNED.signer))
        assert found.announced == (Capacity.SUPERVISOR, Capacity.NOTARY)
        found.require_notary(SIGNED.signer)
        with pytest.raises(CoSignerUnknown) as caught:
            found.require_notary(account(b"\x63" * 32))
        assert caught.value.capacity == "notary"

    @pytest.mark.parametrize(
        "said", [{}, {"supervisor": False}, {"notary": {"name": "样例公证处"}}, {"buyer": True}]
    )
    def test_of_another_form_are_refused(self, said: Any) -> None:
        with pytest.raises(FormInvalid):
            self.announced(coSigners=said)
