"""A tender's standing request: made of what tender.json asks, held against it, and answered."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.canonical import b64url_encode
from ledger.keys import PublicKey, SignatureInvalid
from ledger.licences.catalogue import TypeUnknown, load_catalogue
from ledger.tenders import requests
from ledger.tenders.bid_flags import Terms
from ledger.tenders.requests import StandingRequestMalformed
from ledger.tenders.standing import ClaimForeign, StandingRequestUnfit
from tests.support.licences import AGENCY_KEY, STRANGER_KEY, counted_bytes
from tests.support.qualified_tender import QualifiedTender
from tests.support.sealed_bids import CREATED, document_content
from tests.support.sealing import KNOWN
from tests.unit.wallet.tenders.test_drafts import SAID, documents_of
from wallet.home import write_file
from wallet.tenders.drafts import read_draft
from wallet.tenders.standing_request import Requesting, StandingRequestMissing, misfit, with_request

AT, END = 1_767_600_000, 1_769_500_000
ASKED = [*QualifiedTender.requirements]
ISSUER = "https://ledger.example/agencies/CN-GD/11440100MBSAMPLE01"


def key_of(key_id: bytes) -> PublicKey | None:
    return AGENCY_KEY.public_key if key_id == AGENCY_KEY.public_key.key_id else None


HOW = Requesting(key_of, load_catalogue(), AGENCY_KEY, ISSUER, AT, END)
UNSIGNED = replace(HOW, signer=None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tender that asks for a licence, with trustees and no request yet."""
    documents_of(tmp_path, requirements=ASKED)
    return tmp_path


def asked(folder: Path, how: Requesting = HOW) -> Any:
    return with_request(read_draft(folder), folder, how)


def write(folder: Path, signer: Any = AGENCY_KEY, **changes: Any) -> None:
    """Leave a request in the folder that would fit but for `changes`."""
    fit = read_draft(folder).asked.request(ISSUER, AT, END)
    token = requests.sign(replace(fit, **changes), signer)
    write_file(folder / "standing-request.jwt", token.encode())


class TestMade:
    def test_of_the_requirements_by_the_agencys_key_until_bids_are_due(self, folder: Path) -> None:
        draft = asked(folder)
        token = (folder / "standing-request.jwt").read_text()
        found = requests.read(token, AGENCY_KEY.public_key)
        assert (found.issuer, found.issued_at, found.expires_at) == (ISSUER, AT, END)
        assert found.tender == "0x" + draft.tender.hex()
        assert [each.vct for each in found.wanted] == [ASKED[0]["vct"]]

    def test_is_fixed_by_the_documents_and_says_whom_presentations_are_for(
        self, folder: Path
    ) -> None:
        _, found = asked(folder).documents(KNOWN.ledger, 1, CREATED, counted_bytes(b"salt"))
        token = (folder / "standing-request.jwt").read_bytes()
        terms = Terms.of(found, {"standing-request.jwt": token})
        assert terms.audience == ISSUER
        roles = [each["role"] for each in found.content["files"]]
        assert roles.count("standing-request") == 1

    def test_is_the_same_for_the_same_terms_and_kept_once_it_fits(self, folder: Path) -> None:
        draft = asked(folder)
        kept = (folder / "standing-request.jwt").read_bytes()
        assert asked(folder, replace(HOW, at=AT + 60)) == draft
        assert (folder / "standing-request.jwt").read_bytes() == kept
        terms = draft.asked
        assert terms.request(ISSUER, AT, END) == terms.request(ISSUER, AT, END)
        assert terms.request(ISSUER, AT, END + 1).id != terms.request(ISSUER, AT, END).id

    def test_never_for_another_audience_than_the_published_one(self, folder: Path) -> None:
        """Presentations are bound to it: another would make those of sealed bids worthless."""
        former = "https://former.example/agencies/CN-GD/11440100MBSAMPLE01"
        write(folder)
        with pytest.raises(StandingRequestUnfit) as refused:
            asked(folder, replace(UNSIGNED, former=former))
        assert refused.value.member == "iss"
        asked(folder, replace(UNSIGNED, former=ISSUER))
        asked(folder, replace(HOW, former=former))
        found = requests.told_in((folder / "standing-request.jwt").read_bytes())
        assert found.issuer == former

    def test_only_for_claims_that_the_type_has(self, tmp_path: Path) -> None:
        wrong = [{**ASKED[0], "claims": [*ASKED[0]["claims"], "shoe_size"]}]
        documents_of(tmp_path, requirements=wrong)
        with pytest.raises(ClaimForeign) as refused:
            asked(tmp_path)
        assert (refused.value.requirement, refused.value.claim) == (ASKED[0]["id"], "shoe_size")
        assert not (tmp_path / "standing-request.jwt").exists()

    def test_anew_for_a_later_deadline_and_the_same_audience(self, folder: Path) -> None:
        asked(folder)
        elsewhere = replace(HOW, submit_end=END + 60, issuer="https://other.example/agencies/a/b")
        asked(folder, elsewhere)
        found = requests.told_in((folder / "standing-request.jwt").read_bytes())
        assert (found.expires_at, found.issuer) == (END + 60, ISSUER)

    def test_by_nobody_where_nobody_signs(self, folder: Path) -> None:
        with pytest.raises(StandingRequestMissing):
            asked(folder, UNSIGNED)

    def test_not_where_nothing_is_asked(self, tmp_path: Path) -> None:
        documents_of(tmp_path)
        assert asked(tmp_path) == read_draft(tmp_path)
        assert not (tmp_path / "standing-request.jwt").exists()

    def test_not_by_a_key_that_signs_no_requests(self, folder: Path) -> None:
        with pytest.raises(StandingRequestUnfit) as refused:
            asked(folder, replace(HOW, signer=STRANGER_KEY))
        assert refused.value.member == "kid"
        assert not (folder / "standing-request.jwt").exists()

    def test_not_for_licences_that_nobody_issues(self, tmp_path: Path) -> None:
        unknown = ASKED[0] | {"vct": "urn:suizheng:licence:mars.permit:1"}
        documents_of(tmp_path, requirements=[unknown])
        with pytest.raises(TypeUnknown):
            asked(tmp_path)

    def test_not_for_requirements_of_another_form(self, tmp_path: Path) -> None:
        said = SAID | {"evaluators": document_content(trustees=2)["evaluators"]}
        wrong = [ASKED[0] | {"who": "cat"}]
        write_file(tmp_path / "tender.json", orjson.dumps(said | {"requirements": wrong}))
        with pytest.raises(StandingRequestMalformed):
            asked(tmp_path)


class TestGiven:
    def test_one_that_fits_is_part_of_the_documents(self, folder: Path) -> None:
        write(folder)
        assert asked(folder, UNSIGNED) == read_draft(folder)

    @pytest.mark.parametrize(
        ("changes", "member"),
        [
            ({"issuer": "https://ledger.example/agencies/CN-GD/91440101MASAMPLE01"}, "iss"),
            ({"issuer": "the buyer"}, "iss"),
            ({"tender": "0x" + "07" * 32}, "tender"),
            ({"wanted": ()}, "wanted"),
            ({"expires_at": END + 1}, "exp"),
            ({"issued_at": END}, "iat"),
        ],
    )
    def test_one_that_does_not_is_refused(
        self, folder: Path, changes: dict[str, Any], member: str
    ) -> None:
        write(folder, **changes)
        with pytest.raises(StandingRequestUnfit) as refused:
            asked(folder, UNSIGNED)
        assert refused.value.member == member

    def test_one_by_a_stranger_or_forged_is_refused(self, folder: Path) -> None:
        write(folder, STRANGER_KEY)
        with pytest.raises(StandingRequestUnfit) as refused:
            asked(folder, UNSIGNED)
        assert refused.value.member == "kid"
        write(folder)
        path = folder / "standing-request.jwt"
        signature = path.read_bytes().rsplit(b".", 1)
        write_file(path, signature[0] + b"." + b"A" * len(signature[1]))
        with pytest.raises(SignatureInvalid):
            asked(folder, UNSIGNED)

    def test_one_that_asks_where_the_documents_ask_nothing_is_refused(self, folder: Path) -> None:
        write(folder)
        documents_of(folder)
        with pytest.raises(StandingRequestUnfit) as refused:
            asked(folder)
        assert refused.value.member == "wanted"

    @pytest.mark.parametrize("kid", ["", "AAAA", "?"])
    def test_one_that_names_no_key_is_refused(self, folder: Path, kid: str) -> None:
        write(folder)
        header = b64url_encode(
            orjson.dumps({"alg": "ES256", "typ": "licence-request+jwt", "kid": kid})
        )
        path = folder / "standing-request.jwt"
        write_file(path, header.encode() + b"." + path.read_bytes().split(b".", 1)[1])
        with pytest.raises(StandingRequestUnfit) as refused:
            asked(folder, UNSIGNED)
        assert refused.value.member == "kid"


class TestMisfit:
    def test_is_told_to_bidders_of_a_published_one(self, folder: Path) -> None:
        write(folder, wanted=())
        path = "standing-request.jwt"
        _, found = read_draft(folder).documents(KNOWN.ledger, 1, CREATED, counted_bytes(b"salt"))
        assert misfit(found, {path: (folder / path).read_bytes()}) == "wanted"
        write(folder)
        _, found = read_draft(folder).documents(KNOWN.ledger, 1, CREATED, counted_bytes(b"salt"))
        assert misfit(found, {path: (folder / path).read_bytes()}) is None
