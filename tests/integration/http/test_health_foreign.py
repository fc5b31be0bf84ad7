"""Trust and revocation lists of others' codes: taken in once, and what gates then decide by.

One world on each database serves all tests of this module, each with a source of its own.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

import pytest

from api.services.gate_bundles import KEPT_SECONDS
from ledger.canonical import b64url_encode, canonical_json
from ledger.health.gate.decision import decide
from ledger.health.gate.lane import Lane, Match
from ledger.health.gate_bundle import archive
from ledger.health.gate_bundle.manifest import read
from ledger.health.gate_bundle.reading import GateBundle, read_bundle
from ledger.health.hcert import envelope
from ledger.health.hcert.revocation import HASH_BYTES
from ledger.values import AgencyId, Role, jurisdiction_id
from tests.integration.http.test_gate_bundles import PATH, PUBLISHER, file
from tests.support.databases import KINDS, migrated_sqlite
from tests.support.gates import RememberedMemory
from tests.support.health_codes import Issuer
from tests.support.health_desks import HOST, HOST_AGENCY, Desks, desks
from tests.support.policies import sample_domestic_policy, sample_policy
from tests.support.service import nothing_changes, refusal

COUNTRY: Final = "XA"
LANE: Final = Lane("XB", "Sample Checkpoint", "port-1", "7", 0)
POLICY: Final = sample_policy(
    recordType="health:hcert", rules=[], valueSets="0x" + "00" * 32, maxUses=0
)
_SOURCES: Final = count(1)


@pytest.fixture(scope="module", params=KINDS)
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desks]:
    if request.param == "sqlite":
        yield from world(migrated_sqlite(tmp_path_factory.mktemp("foreign")))
    else:
        with request.getfixturevalue("emptied_postgres").lent() as url:
            yield from world(url)


def world(url: str) -> Iterator[Desks]:
    with desks(url) as made:
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


def test_a_domestic_policy_is_in_the_bundle(both: Desks) -> None:
    both.grant(AgencyId(jurisdiction_id(HOST)), Role.SUPERVISOR, both.host_officer.address)
    policy = sample_domestic_policy()
    document = canonical_json(policy.document)
    headers = both.service.by(both.host_officer) | {"Idempotency-Key": "d" * 16}
    path = f"/v1/policies/0x{policy.digest.hex()}"
    assert both.service.client.put(path, content=document, headers=headers).status_code == 201
    assert fetched(both).evidence.domestic[HOST].digest == policy.digest
