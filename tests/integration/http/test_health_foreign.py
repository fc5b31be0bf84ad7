"""Trust and revocation lists of others' codes: taken in once, and what gates then decide by.

One world on each database serves all tests of this module, each with a source of its own.
"""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from api.http.schemas.health_foreign import TrustListForm
from api.services.audit import _policies, _trust_lists
from api.services.gate_bundles import KEPT_SECONDS
from api.services.health_allow import AllowListing
from api.store.audit import audit_view
from api.store.foreign import ForeignStore
from api.store.health_segments import SegmentStore
from ledger import age
from ledger.agreements.health_policy import Policy
from ledger.canonical import b64url_decode, b64url_encode, canonical_json
from ledger.certlogic.rules import CertificateType
from ledger.health import passes, presentations, visits
from ledger.health.applications import Receipt
from ledger.health.consents import Consent, write_receipt
from ledger.health.gate.decision import decide
from ledger.health.gate.lane import Lane, Match, TravelDocument
from ledger.health.gate_bundle import archive
from ledger.health.gate_bundle.manifest import read
from ledger.health.gate_bundle.reading import GateBundle, read_bundle
from ledger.health.hcert import envelope
from ledger.health.hcert.reading import read as read_code
from ledger.health.hcert.revocation import HASH_BYTES
from ledger.health.hcert.trust import KeyRevived, TrustedKey, trust_list
from ledger.health.transfers import Person
from ledger.health.visits import Visit
from ledger.keys import PrivateKey
from ledger.values import AgencyId, RecordKind, Role, Seconds, jurisdiction_id
from tests.integration.http.test_gate_bundles import PATH, PUBLISHER, file
from tests.support import health_codes
from tests.support.gates import RememberedMemory
from tests.support.health_codes import CERTIFICATE, Issuer
from tests.support.health_desks import HOST, HOST_AGENCY, HOST_ID, HOST_KEY, Desks, desks
from tests.support.policies import policy_document, sample_domestic_policy, sample_policy
from tests.support.service import nothing_changes, refusal

COUNTRY: Final = "XA"
LANE: Final = Lane("XB", "Sample Checkpoint", "port-1", "7", 0)
POLICY: Final = sample_policy(
    recordType="health:hcert",
    rules=[],
    valueSets="0x" + "00" * 32,
    maxUses=0,
    test=policy_document()["test"] | {"required": False},
)
_SOURCES: Final = count(1)


@pytest.fixture(scope="module")
def both(module_url: str) -> Iterator[Desks]:
    with desks(module_url) as made:
        made.agree(POLICY, rules={"texts/en.json": canonical_json({"desk": "Go to the desk."})})
        yield made


def issuer(both: Desks, **changes: Any) -> Issuer:
    now = both.service.clock.now
    return Issuer(not_before=now - 86_400 * 40, not_after=now + 86_400 * 40, **changes)


def certificate(signer: Issuer, **changes: Any) -> dict[str, Any]:
    return {"der": b64url_encode(signer.der), "country": COUNTRY} | changes


def listing(both: Desks, *signers: Issuer, **changes: Any) -> dict[str, Any]:
    """A list of a source of its own, whose signers the operator vouches for."""
    return {
        "agency": HOST_AGENCY,
        "source": f"Sample {next(_SOURCES)}",
        "sequence": 1,
        "issuedAt": moment(both.service.clock.now),
        "authorities": [b64url_encode(each.der) for each in signers],
        "certificates": [certificate(each) for each in signers],
    } | changes


def moment(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def offer(both: Desks, form: dict[str, Any], by: Any = None) -> Any:
    return both.post("trust-lists", form, by or both.host_officer)


def taken(both: Desks, form: dict[str, Any]) -> dict[str, Any]:
    answer = offer(both, form)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def code(both: Desks, signer: Issuer) -> str:
    now = both.service.clock.now
    return signer.code(iat=now - 60, exp=now + 86_400)


def fetched(both: Desks, *, is_fresh: bool = True) -> GateBundle:
    """Return a new bundle, whose revocation lists are of now unless told."""
    if is_fresh:
        revoke(both, issuer(both), [])
    both.service.clock.now += KEPT_SECONDS
    both.service.say()
    answer = both.service.client.get(PATH)
    assert answer.status_code == 200, answer.text
    named = read(archive.unpack(answer.content)[0], [PUBLISHER], both.service.clock.now)
    return read_bundle(
        named, {ref.digest: file(both, ref.digest) for ref in named.wanted().values()}
    )


def judged(both: Desks, bundle: GateBundle, text: str) -> tuple[str, list[str]]:
    at = both.service.clock.now
    found = decide(text, bundle.evidence, LANE, at, RememberedMemory(), [Match.MATCHED])
    return found.outcome.value, [each.reason.value for each in found.people[0].findings]


class TestTrustList:
    def test_lets_gates_off_line_accept_its_codes_and_no_others(self, both: Desks) -> None:
        signer, stranger = issuer(both), issuer(both)
        assert taken(both, listing(both, signer))["keys"] == 1
        bundle = fetched(both)
        assert bundle.texts == {"en": {"desk": "Go to the desk."}}
        assert judged(both, bundle, code(both, signer)) == ("ACCEPT", [])
        assert judged(both, bundle, code(both, stranger)) == ("UNKNOWN", ["KEY_UNKNOWN"])

    def test_is_shown_to_everybody_by_source(self, both: Desks) -> None:
        form = listing(both, issuer(both))
        taken(both, form)
        shown = both.service.client.get("/v1/health/trust-lists/XB/SAMPLE-HOST").json()["lists"]
        (mine,) = [each for each in shown if each["source"] == form["source"]]
        (key,) = mine["keys"]
        assert (key["country"], key["state"], mine["sequence"]) == (COUNTRY, "active", 1)

    def test_leaves_out_and_names_what_is_of_no_use(self, both: Desks) -> None:
        good, unread, orphan = issuer(both), issuer(both, extension=b""), issuer(both)
        form = listing(both, good, unread)
        form["certificates"] += [certificate(orphan), certificate(good, der="AAAA")]
        told = taken(both, form)
        assert told["keys"] == 1
        reasons = {each["sha256"]: each["reason"] for each in told["leftOut"]}
        assert reasons == {
            digest(unread.der): "usages unset",
            digest(orphan.der): "no authority here issued it",
            digest(bytes(3)): "certificate",
        }

    def test_of_an_operator_may_set_usages(self, both: Desks) -> None:
        unread = issuer(both, extension=b"")
        form = listing(both, unread, certificates=[certificate(unread, usages=["Test"])])
        assert taken(both, form)["keys"] == 1
        outcome = judged(both, fetched(both), code(both, unread))
        assert outcome == ("DENY", ["KEY_USAGE"])  # a vaccination

    def test_goes_forward_alone_and_revives_nothing(self, both: Desks) -> None:
        first, second = issuer(both), issuer(both)
        form = listing(both, first, second)
        taken(both, form)
        both.service.by(both.host_officer)
        with nothing_changes(both.service):
            assert refusal(offer(both, form)) == (409, "ListReplayed")
        fewer = form | {"sequence": 2, "certificates": [certificate(first)]}
        assert refusal(offer(both, fewer)) == (409, "KeysDropped")
        stolen = [certificate(first, state="compromised"), certificate(second)]
        assert refusal(offer(both, fewer | {"certificates": stolen})) == (409, "KeysDropped")
        confirmed = {"certificates": stolen, "confirmed": [COUNTRY]}
        assert taken(both, fewer | confirmed)["keys"] == 2
        assert refusal(offer(both, form | {"sequence": 3})) == (409, "KeyRevived")
        assert judged(both, fetched(both), code(both, first)) == ("DENY", ["KEY_STATE"])

    def test_follows_the_one_that_came_while_it_was_judged(self, both: Desks) -> None:
        """Each was held against the first alone: what the second withdrew the third revived."""
        signer, other = issuer(both), issuer(both)
        form = listing(both, signer, other)
        taken(both, form)
        stolen = [certificate(signer, state="compromised"), certificate(other)]
        second = form | {"sequence": 2, "certificates": stolen, "confirmed": [COUNTRY]}
        calls: list[Any] = []

        def meanwhile(_: object) -> Any:
            calls.append(None if calls else taken(both, second))

        third = TrustListForm.model_validate(form | {"sequence": 3})
        service = both.service.app.state.services.foreign_codes
        with pytest.raises(KeyRevived):
            service.take_in(HOST_ID, third.parsed(), (), both.host_officer.address, meanwhile)
        assert len(calls) == 1

    def test_reports_a_successor_that_comes_late(self, both: Desks) -> None:
        first, late = issuer(both), issuer(both)
        form = listing(both, first)
        taken(both, form)
        second = listing(both, first, late) | {"source": form["source"], "sequence": 2}
        (told,) = taken(both, second)["successors"]
        assert told == {"kid": "0x" + late.kid.hex(), "faults": ["lead", "overlap"]}

    def test_is_for_registrars_of_the_agency(self, both: Desks) -> None:
        form = listing(both, issuer(both))
        assert refusal(offer(both, form, both.officer)) == (403, "RoleMissing")
        ahead = moment(both.service.clock.now + 3_600)
        assert refusal(offer(both, form | {"issuedAt": ahead})) == (422, "ForeignListMalformed")
        assert refusal(offer(both, form | {"source": ""})) == (422, "RequestInvalid")


def digest(content: bytes) -> str:
    return "0x" + hashlib.sha256(content).hexdigest()


_REVISIONS: Final = count(1)


def revoke(both: Desks, signer: Issuer, texts: list[str], **changes: Any) -> dict[str, Any]:
    """Have codes withdrawn by their signatures, one whole hash each."""
    found = [hashlib.sha256(subject(each)).digest()[:HASH_BYTES] for each in texts]
    header = (0).to_bytes(2) + bytes(4) + len(found).to_bytes(4) + bytes([HASH_BYTES])
    slices = [
        {
            "partition": "null",
            "chunk": each.hex()[0],
            "kind": "VARHASHLIST",
            "content": b64url_encode(header + each),
        }
        for each in found
    ]
    kid, types = "0x" + signer.kid.hex(), ["SIGNATURE"]
    form = {
        "agency": HOST_AGENCY,
        "sequence": next(_REVISIONS),
        "asOf": moment(both.service.clock.now),
        "lists": [{"kid": kid, "mode": "POINT", "types": types, "slices": slices}],
    } | changes
    answer = both.post("revocations", form, both.host_officer)
    assert answer.status_code == 201, answer.text
    return form


def subject(text: str) -> bytes:
    return envelope.subject_of(envelope.read(text))


def test_an_audit_goes_through_what_was_taken_in(both: Desks) -> None:
    first = issuer(both)
    form = listing(both, first)
    taken(both, form)
    stolen = [certificate(first, state="compromised")]
    revoked = {"sequence": 2, "certificates": stolen, "confirmed": [COUNTRY]}
    taken(both, form | revoked)
    with audit_view(both.service.database) as view:
        assert _trust_lists(view).ok
        assert _policies(view).ok
    database = both.service.database
    (row,) = [
        each
        for each in ForeignStore(database).trust_lists(HOST_ID)
        if each.source == form["source"]
    ]
    ForeignStore(database).keep_trust(replace(row, sequence=3), 2)  # it says to be the second
    with audit_view(database) as view:
        found = _trust_lists(view)
    assert (found.ok, found.facts["wrong"]) == (False, [f"0x{HOST_ID.hex()}/{form['source']}/3"])


class TestRevocations:
    def test_withdraw_a_code_until_they_say_otherwise(self, both: Desks) -> None:
        signer = issuer(both)
        taken(both, listing(both, signer))
        good, bad = code(both, signer), code(both, signer)
        form = revoke(both, signer, [bad])
        bundle = fetched(both)
        assert [judged(both, bundle, each) for each in (good, bad)] == [
            ("ACCEPT", []),
            ("DENY", ["STATUS"]),
        ]
        again = both.post("revocations", form, both.host_officer)
        assert refusal(again) == (409, "ListReplayed")
        revoke(both, signer, [])
        assert judged(both, fetched(both), bad) == ("ACCEPT", [])

    def test_grow_old_and_gates_say_so(self, both: Desks) -> None:
        signer = issuer(both)
        revoke(both, signer, [])
        taken(both, listing(both, signer))
        both.service.clock.now += 7 * 3_600
        both.service.forget_sign_ins()
        bundle = fetched(both, is_fresh=False)
        assert judged(both, bundle, code(both, signer)) == ("UNKNOWN", ["STALE_LIST"])

    def test_of_no_known_form_are_refused(self, both: Desks) -> None:
        signer = issuer(both)
        kid = "0x" + signer.kid.hex()
        piece = {"partition": "null", "chunk": "a", "kind": "BLOOMFILTER", "content": "AAAA"}
        lists = [{"kid": kid, "mode": "POINT", "types": ["UCI"], "slices": [piece]}]
        form = {
            "agency": HOST_AGENCY,
            "sequence": next(_REVISIONS),
            "asOf": moment(both.service.clock.now),
        }
        for changes, by, told in (
            ({"lists": lists}, both.host_officer, (422, "ForeignListMalformed")),
            (
                {"lists": [], "asOf": moment(2**32)},
                both.host_officer,
                (422, "ForeignListMalformed"),
            ),
            ({"lists": []}, both.officer, (403, "RoleMissing")),
        ):
            assert refusal(both.post("revocations", form | changes, by)) == told


def keep_domestic(both: Desks) -> Policy:
    """Have the host's supervisor bring the policy for its own passes."""
    both.grant(AgencyId(jurisdiction_id(HOST)), Role.SUPERVISOR, both.host_officer.address)
    policy = sample_domestic_policy()
    document = canonical_json(policy.document)
    headers = both.service.by(both.host_officer) | {"Idempotency-Key": "d" * 16}
    path = f"/v1/policies/0x{policy.digest.hex()}"
    assert both.service.client.put(path, content=document, headers=headers).is_success
    return policy


def test_a_domestic_policy_is_in_the_bundle(both: Desks) -> None:
    policy = keep_domestic(both)
    assert fetched(both).evidence.domestic[HOST].digest == policy.digest


VISITOR: Final = PrivateKey.from_secret(b"\x51" * 32)
PASSPORT: Final = Person("MUSTER<<ANA", "1990-07-23", "P", "UTO", "C01X00T47")


def visit(both: Desks, text: str, **changes: Any) -> Visit:
    """What a visitor asks for with a fresh nonce, one consent and two keys."""
    invited = both.post("conversions/nonces", {"agency": HOST_AGENCY}).json()
    both.recipient = invited["recipient"]
    now = both.service.clock.now
    consent = Consent(secrets.token_bytes(16), "entry", "en", now, VISITOR.public_key)
    receipt = write_receipt(consent, POLICY)
    asked = Visit(
        target=HOST,
        applied_at=now,
        nonce=bytes.fromhex(invited["nonce"][2:]),
        code=text,
        holder=VISITOR.public_key,
        person=PASSPORT,
        receipts=(Receipt(receipt, VISITOR.sign(receipt)),),
        keys=tuple(key.public_key for key in VISITOR_KEYS),
        answer_key=secrets.token_bytes(32),
    )
    return replace(asked, **changes)


VISITOR_KEYS: Final = [PrivateKey.from_secret(bytes(30) + bytes([8, n])) for n in (1, 2)]


def convert(both: Desks, asked: Visit, key: str | None = None) -> Any:
    document = visits.sign(asked, VISITOR)
    sealed = age.seal(document, both.recipient, secrets.token_bytes)
    form = {"agency": HOST_AGENCY, "sealed": b64url_encode(sealed)}
    return both.post("conversions", form, key=key)


def believed(both: Desks, **changes: Any) -> tuple[Issuer, dict[str, Any]]:
    """Return a signer whom the host believes from now on, with lists of now, and its list."""
    signer = issuer(both)
    form = listing(both, signer, **changes)
    taken(both, form)
    revoke(both, issuer(both), [])
    return signer, form


def ground(answer: Any) -> tuple[int, str]:
    return answer.status_code, str(answer.json().get("ground")).upper()


class TestVisitor:
    def test_gets_passes_of_the_host_bound_to_the_passport(self, both: Desks) -> None:
        signer, _ = believed(both)
        text = code(both, signer)
        answer = convert(both, visit(both, text), "visitor-key-of-this-test")
        assert answer.status_code == 201, answer.text
        told = answer.json()
        made = [
            passes.verify(passes.from_text(each["code"]), HOST_KEY.public_key)
            for each in told["passes"]
        ]
        assert [each.holder for each in made] == [key.public_key for key in VISITOR_KEYS]
        (pass_, _) = made
        assert (pass_.jurisdiction, pass_.grade, pass_.recognition) == (HOST, 0, None)
        assert pass_.hint == "A M 07-23"
        assert pass_.binding == passes.binding_of("P", "UTO", "C01X00T47", pass_.cti)
        assert (told["source"], told["policyHash"]) == (COUNTRY, "0x" + POLICY.digest.hex())
        kept, log = both.stored(), str(both.service.log).encode()
        personal = [b"MUSTER", b"1990-07-23", b"C01X00T47", text.encode(), told["hcert"].encode()]
        personal += [subject(text), pass_.cti]
        assert [each for each in personal for place in (kept, log) if each in place] == []

    def test_gets_the_certificate_anew_for_others_to_read(self, both: Desks) -> None:
        signer, _ = believed(both)
        told = convert(both, visit(both, code(both, signer))).json()
        (own,) = both.service.client.get("/v1/health/trust-lists/XB/SAMPLE-HOST").json()["own"]
        key = load_der_public_key(b64url_decode(own["publicKey"]))
        assert isinstance(key, EllipticCurvePublicKey)
        kid, end = bytes.fromhex(own["kid"][2:]), Seconds(2**33)
        usages = frozenset(map(CertificateType, own["usages"]))
        ours = TrustedKey(kid, key, usages, Seconds(0), end, own["country"])
        found = read_code(
            told["hcert"], trust_list("ours", 1, end, [ours]), Seconds(both.service.clock.now)
        )
        assert found.findings == ()
        assert found.claims is not None
        theirs = CERTIFICATE["v"][0]
        entry = found.claims.entry
        assert {name for name in theirs if entry[name] != theirs[name]} == {"ci", "is"}
        assert entry["ci"].startswith("URN:UVCI:01:XB:")
        assert moment(found.claims.expires_at) == told["endsAt"]

    def test_converts_once_until_the_passes_have_ended(self, both: Desks) -> None:
        signer, _ = believed(both)
        text = code(both, signer)
        first = convert(both, visit(both, text))
        assert first.status_code == 201
        assert refusal(convert(both, visit(both, text))) == (409, "TransferSpent")
        both.service.clock.now += 6 * 3_600
        both.service.forget_sign_ins()
        revoke(both, issuer(both), [])
        assert convert(both, visit(both, text)).status_code == 201

    def test_is_refused_by_name(self, both: Desks) -> None:
        signer, _ = believed(both)
        good, now = code(both, signer), both.service.clock.now
        detected = health_codes.certificate("t", tr="260373001")
        for asked, told in (
            ({"person": replace(PASSPORT, name="MUSTER<<BEA")}, "PERSON"),
            ({"person": replace(PASSPORT, birth_date="1990-07-24")}, "PERSON"),
            ({"code": signer.code(iat=now - 9, exp=now - 1)}, "TIME"),
            ({"code": signer.code(detected, iat=now - 9, exp=now + 9)}, "RULE"),
            ({"code": good[:-1] + ("0" if good[-1] != "0" else "1")}, "SIGNATURE FORMAT"),
            ({"code": "HC2:"}, "FORMAT"),
            ({"receipts": ()}, "CONSENT"),
        ):
            status, found = ground(convert(both, visit(both, good, **asked)))
            assert (status, found in told.split()) == (422, True), found
        revoke(both, signer, [good])
        assert ground(convert(both, visit(both, good))) == (422, "STATUS")
        another = code(both, issuer(both))
        assert refusal(convert(both, visit(both, another))) == (503, "TransferUnconfirmed")

    def test_waits_while_the_lists_are_too_old(self, both: Desks) -> None:
        signer, _ = believed(both)
        both.service.clock.now += 6 * 3_600 + 1
        both.service.forget_sign_ins()
        both.service.say()
        answer = convert(both, visit(both, code(both, signer)))
        assert refusal(answer) == (503, "TransferUnconfirmed")
        assert answer.json()["reason"] == "revocation lists out of date"

    def test_is_not_cut_off_when_the_signers_key_is_stolen_later(self, both: Desks) -> None:
        signer, form = believed(both)
        known, late = code(both, signer), code(both, signer)
        assert convert(both, visit(both, known)).status_code == 201
        both.anchor(HOST_ID, RecordKind.HEALTH_TRANSFER)
        both.service.clock.now += 60
        since = moment(both.service.clock.now)
        stolen = certificate(signer, state="compromised", distrustFrom=since)
        changes = {"sequence": 2, "certificates": [stolen], "confirmed": [COUNTRY]}
        taken(both, form | changes)
        bundle = fetched(both)
        assert judged(both, bundle, known) == ("ACCEPT", [])
        assert judged(both, bundle, late) == ("DENY", ["KEY_STATE"])
        assert ground(convert(both, visit(both, late))) == (422, "KEY_STATE")

    def test_passes_by_the_hosts_own_policy(self, both: Desks) -> None:
        keep_domestic(both)
        signer, _ = believed(both)
        answer = convert(both, visit(both, code(both, signer)))
        encoded = passes.from_text(answer.json()["passes"][0]["code"]).encoded
        both.anchor(HOST_ID, RecordKind.HEALTH_PASS)
        listed(both)
        bundle, now = fetched(both), both.service.clock.now
        shown = presentations.present([encoded], now - 1, b"\x05" * 8, VISITOR_KEYS[0])
        passport = TravelDocument("P", "UTO", "C01X00T47")
        stranger = replace(passport, number="C01X00T48")
        for who, told in ((passport, "ACCEPT"), (stranger, "SECONDARY")):
            report = decide(shown, bundle.evidence, LANE, now, RememberedMemory(), [who])
            assert report.outcome.value == told


def listed(both: Desks) -> None:
    """Let the worker list the passes that were anchored."""
    service = both.service
    AllowListing(
        segments=SegmentStore(service.database),
        chain=service.registry,
        signers=service.issuers,
        clock=service.clock,
        confirmations=1,
    ).step(flush=True)
