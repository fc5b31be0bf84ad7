"""Whole bundles: everything of them comes back, and whatever is wrong is told by name."""

import hashlib
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.agreements.agreement import agreement_id
from ledger.canonical import canonical_json, parse_json
from ledger.health import cbor
from ledger.health.gate_bundle.archive import MAX_BYTES, pack, unpack
from ledger.health.gate_bundle.errors import (
    GateBundleIncomplete,
    GateBundleMalformed,
    GateBundleUnusable,
    GateFileWrong,
)
from ledger.health.gate_bundle.reading import GateBundle, read_bundle
from ledger.health.gate_bundle.writing import SignedRules
from ledger.health.hcert.reading import NO_LISTS
from ledger.health.readers import Voucher
from ledger.health.rule_bundles import write_rule_bundle
from ledger.keys import PublicKey
from ledger.values import (
    Address,
    AgencyId,
    Digest,
    KeyUsage,
    LedgerRef,
    Status,
    jurisdiction_id,
)
from tests.support.gate_bundles import (
    BLOCK,
    BUREAU,
    DOMESTIC,
    FOREIGN,
    HOUR,
    LISTED,
    NOON,
    PASS,
    POLICY,
    REVOKED,
    RULES,
    SIGNERS,
    STRANGER,
    Made,
    agreement,
    document_key,
    issuer_key,
    made,
    of_files,
    revocation,
    segment,
    status_token,
)
from tests.support.policies import sample_domestic_policy

MADE = made()
AGENCY = BUREAU.id.hex()
HASH = "00" * 32


def opened(bundle: Made) -> GateBundle:
    return read_bundle(bundle.manifest, bundle.contents)


def changed(path: str, content: bytes | None) -> Made:
    """The bundle with one file of another content, well signed; None takes the file away."""
    files = dict(MADE.files)
    if content is None:
        del files[path]
    else:
        files[path] = content
    return of_files(files)


def malformed(bundle: Made) -> str:
    with pytest.raises(GateBundleMalformed) as refused:
        opened(bundle)
    return refused.value.part


class TestWhole:
    found = opened(MADE)

    def test_lacks_nothing(self) -> None:
        assert (self.found.missing, self.found.unusable) == ((), {})

    def test_tells_sequence_block_and_ages(self) -> None:
        evidence = self.found.evidence
        assert (evidence.sequence, evidence.block) == (12, BLOCK)
        assert [evidence.trust.as_of, evidence.rules.as_of] == [NOON, NOON]
        assert evidence.revoked is not None
        assert evidence.revoked.as_of == NOON - HOUR
        assert not evidence.is_online

    def test_knows_every_key_with_its_agencys_past(self) -> None:
        for usage in KeyUsage:
            kid = SIGNERS[usage].public_key.key_id[:8]
            assert self.found.evidence.keys[kid] == (issuer_key(document_key(usage)),)

    def test_knows_agreements_policies_and_rules(self) -> None:
        evidence = self.found.evidence
        assert evidence.agreement("XA", "XB", PASS) == agreement()
        version = agreement().versions[0]
        assert canonical_json(evidence.policies[version.policy_hash].document) == POLICY
        assert canonical_json(evidence.domestic["XB"].document) == DOMESTIC
        bundle = evidence.bundles[version.bundle_hash]
        assert [rule.identifier for rule in bundle.rules] == ["GR-XB-0001"]
        assert bundle.value_sets == {"tests": ["LP6464-4"]}

    def test_knows_lists(self) -> None:
        held = self.found.evidence.status[BUREAU.id, 0]
        assert [held.entries.status(index) for index in (6, 7)] == [Status.VALID, Status.REVOKED]
        assert (held.part.sequence, held.part.as_of) == (BLOCK.number, NOON)
        allow = self.found.evidence.allow[BUREAU.id]
        assert (allow.part.sequence, allow.part.as_of) == (2, NOON)
        found = [allow.passes.find(each) for each in LISTED[9:31]]
        assert [each and each.seq for each in found] == [None, *[1] * 10, *[2] * 10, None]

    def test_knows_codes_of_others(self) -> None:
        evidence = self.found.evidence
        assert evidence.foreign is not None
        (key,) = evidence.foreign.candidates(FOREIGN.kid)
        assert replace(key, key=FOREIGN.trusted.key) == FOREIGN.trusted
        assert key.key.public_numbers() == FOREIGN.trusted.key.public_numbers()
        lists = evidence.revocation.by_kid[FOREIGN.kid]
        assert [piece.holds(REVOKED) for found in lists.slices.values() for piece in found] == [
            True
        ]

    def test_tells_who_may_sign_the_next_and_vouch_for_gates(self) -> None:
        assert self.found.trusted() == (document_key(KeyUsage.BUNDLES),)
        assert self.found.vouchers() == (Voucher(BUREAU, document_key(KeyUsage.READERS)),)
        assert self.found.texts == {"en": {"DENY": "Please go to the desk."}}

    def test_same_content_makes_the_same_files(self) -> None:
        assert made(sequence=13).files == MADE.files


class TestMissing:
    @pytest.mark.parametrize(
        ("changes", "wanted"),
        [
            ({"foreign": None}, ["foreign-keys"]),
            ({"policies": []}, [f"policies/{hashlib.sha256(POLICY).hexdigest()}"]),
            ({"rules": []}, [f"rules/{agreement().versions[0].bundle_hash.hex()}"]),
            ({"status": {}}, [f"status/{AGENCY}"]),
            ({"allow": {}}, [f"allow/{AGENCY}"]),
        ],
    )
    def test_part_is_named(self, changes: dict[str, Any], wanted: list[str]) -> None:
        found = opened(made(changes))
        assert list(found.missing) == wanted

    def test_revocation_lists_are_named_when_nobody_asked_for_them(self) -> None:
        found = opened(made({"revocation": {}}, revoked=None))
        assert found.missing == ("revocation",)
        assert found.evidence.revocation is NO_LISTS

    def test_rule_that_is_not_there_makes_its_bundle_missing(self) -> None:
        rule = hashlib.sha256(RULES["rules/GR-XB-0001.json"]).hexdigest()
        found = opened(changed(f"documents/{rule}", None))
        assert found.missing == (f"rules/{agreement().versions[0].bundle_hash.hex()}",)

    def test_agreement_that_is_over_needs_no_documents(self) -> None:
        over = replace(agreement().versions[0], valid_to=NOON)
        found = opened(made({"agreements": [replace(agreement(), versions=(over,))], "rules": []}))
        assert found.missing == ()

    def test_files_that_were_not_fetched_are_all_named(self) -> None:
        contents = MADE.contents
        for path in ("keys", "texts"):
            del contents[MADE.manifest.files[path].digest]
        with pytest.raises(GateBundleIncomplete) as refused:
            read_bundle(MADE.manifest, contents)
        assert sorted(refused.value.paths) == ["keys", "texts"]

    @pytest.mark.parametrize("path", ["keys", "agreements"])
    def test_bundle_without_what_every_one_has_is_none(self, path: str) -> None:
        assert malformed(changed(path, None)) == path


class TestLists:
    @pytest.mark.parametrize(
        "token",
        [
            status_token(signer=STRANGER),
            status_token(signer=SIGNERS[KeyUsage.DOCUMENTS]),
            status_token(issued_at=NOON - 86_400),
            status_token(issued_at=NOON + 61),
            status_token(number=1),
            status_token(agency=AgencyId(b"\x01" * 32)),
            status_token(ledger=LedgerRef(1, Address("0x" + "00" * 20))),
            status_token()[:-1],
            b"",
        ],
        ids=[
            *("stranger", "documents key", "stale", "future", "another list"),
            *("another agency", "another ledger", "cut off", "nothing"),
        ],
    )
    def test_status_list_that_is_not_believed_is_left_out_and_named(self, token: bytes) -> None:
        found = opened(changed(f"status/{AGENCY}/0", token))
        assert found.unusable.keys() == {f"status/{AGENCY}/0"}
        assert found.missing == (f"status/{AGENCY}",)
        assert found.evidence.status == {}
        assert found.evidence.allow

    @pytest.mark.parametrize(
        "content",
        [
            segment(2, STRANGER),
            segment(2, SIGNERS[KeyUsage.DOCUMENTS]),
            segment(1),
            segment(2, agency=AgencyId(b"\x01" * 32)),
            segment(2, start=NOON - HOUR + 1),
            segment(2, end=NOON + 400 * 86_400),
            segment(2)[:-1],
            b"",
        ],
        ids=[
            *("stranger", "documents key", "another", "another agency", "gap"),
            *("signed too early", "cut off", "nothing"),
        ],
    )
    def test_allow_list_with_a_segment_not_believed_is_left_out(self, content: bytes) -> None:
        found = opened(changed(f"allow/{AGENCY}/2", content))
        assert found.unusable.keys() == {f"allow/{AGENCY}"}
        assert found.missing == (f"allow/{AGENCY}",)
        assert found.evidence.status

    @pytest.mark.parametrize("change", [{"frozen": True}, {"distrust_from": NOON}])
    def test_lists_of_a_key_in_doubt_are_left_out(self, change: dict[str, Any]) -> None:
        keys = [
            issuer_key(document_key(usage, **(change if usage is KeyUsage.STATUS_LISTS else {})))
            for usage in KeyUsage
        ]
        found = opened(made({"keys": keys}))
        assert found.missing == (f"allow/{AGENCY}", f"status/{AGENCY}")

    def test_segments_from_before_a_theft_stay(self) -> None:
        keys = [issuer_key(document_key(usage, distrust_from=NOON + 1)) for usage in KeyUsage]
        assert opened(made({"keys": keys})).evidence.allow[BUREAU.id].passes.end == NOON

    def test_a_gap_between_segments_makes_no_list(self) -> None:
        allow = {(BUREAU.id, number): segment(number) for number in (1, 3)}
        assert opened(made({"allow": allow})).missing == (f"allow/{AGENCY}",)

    @pytest.mark.parametrize(
        "path",
        [
            *("status/00/0", f"status/{AGENCY}/x", f"status/{AGENCY}/01", f"status/{AGENCY}"),
            *(f"allow/{AGENCY}/4294967296", "allow/zz/1", f"allow/{AGENCY}/-1"),
        ],
    )
    def test_path_that_names_no_list(self, path: str) -> None:
        assert malformed(changed(path, b"")) == path


class TestFiles:
    def test_mixed_up_are_refused(self) -> None:
        contents, files = MADE.contents, MADE.manifest.files
        contents[files["keys"].digest] = MADE.files["agreements"]
        with pytest.raises(GateFileWrong) as refused:
            read_bundle(MADE.manifest, contents)
        assert refused.value.path == "keys"

    def test_cut_off_are_refused(self) -> None:
        for path, ref in MADE.manifest.files.items():
            contents = MADE.contents | {ref.digest: MADE.files[path][:-1]}
            with pytest.raises(GateFileWrong) as refused:
                read_bundle(MADE.manifest, contents)
            assert refused.value.path == path

    @pytest.mark.parametrize(
        "path",
        ["secrets", "keys/2", "policies", f"policies/{HASH}", f"rules/{HASH}", f"documents/{HASH}"],
    )
    def test_elsewhere_than_they_belong_are_refused(self, path: str) -> None:
        assert malformed(changed(path, b"{}")) == path

    @pytest.mark.parametrize("name", ["zz", "00", "00" * 9])
    def test_of_no_kid_are_refused(self, name: str) -> None:
        path = f"revocation/{name}"
        lists = MADE.files[f"revocation/{FOREIGN.kid.hex()}"]
        assert malformed(changed(path, lists)) == path

    @pytest.mark.parametrize(
        ("path", "content"),
        [
            ("keys", b"{}"),
            ("keys", b"[[]]"),
            ("keys", b"[["),
            ("agreements", b'[["a"]]'),
            ("texts", b"[]"),
            ("texts", b'{"en":[]}'),
            ("texts", b'{"en":{"desk":1}}'),
            ("foreign-keys", b"{}"),
        ],
        ids=str,
    )
    def test_of_another_form_are_refused(self, path: str, content: bytes) -> None:
        assert malformed(changed(path, content)) == path

    @pytest.mark.parametrize(
        "content",
        [
            b"\x83\x01\x02\x03",
            b"\xd8\x1c\x81\xd8\x1d\x00",
            cbor.encode(["LINE", ["UCI"], []]),
            cbor.encode(["POINT", [["UCI"]], []]),
            cbor.encode(["POINT", ["UCI"], [["a", "b", "c", 1]]]),
            cbor.encode(["POINT", ["UCI"], [["null", "0", "BLOOMFILTER", b""]]]),
        ],
        ids=["numbers", "cycle", "mode", "type", "kind", "filter"],
    )
    def test_revocation_lists_that_are_none_are_refused(self, content: bytes) -> None:
        path = f"revocation/{FOREIGN.kid.hex()}"
        assert malformed(changed(path, content)) == path

    @pytest.mark.parametrize(
        ("folder", "content"),
        [
            *(("policies", content) for content in (b"", b"{}", POLICY + b" ", DOMESTIC)),
            *(("domestic", content) for content in (b"", b"{}", POLICY, DOMESTIC + b" ")),
        ],
    )
    def test_policies_that_are_none_are_refused(self, folder: str, content: bytes) -> None:
        path = f"{folder}/{hashlib.sha256(content).hexdigest()}"
        assert malformed(changed(path, content)) == path

    def test_a_second_policy_for_a_jurisdictions_own_passes_is_refused(self) -> None:
        second = canonical_json(sample_domestic_policy(maxUses=3).document)
        path = f"domestic/{hashlib.sha256(second).hexdigest()}"
        first = f"domestic/{hashlib.sha256(DOMESTIC).hexdigest()}"
        assert malformed(changed(path, second)) in {first, path}

    @pytest.mark.parametrize(
        "content", [b"", b"[]", b'{"rules/a.json": "0x00"}', b'{"rules/a.json":"0x00"}', b'{"":""}']
    )
    def test_rule_bundles_that_are_none_are_refused(self, content: bytes) -> None:
        path = f"rules/{hashlib.sha256(content).hexdigest()}"
        assert malformed(changed(path, content)) == path

    @pytest.mark.parametrize(
        "rules",
        [
            {"rules/a.json": b"{}"},
            {"rules/a.json": b"no JSON"},
            {"value-sets.json": b"[]"},
            {"value-sets.json": b'{"a":1}'},
            {"value-sets.json": b'{"a":[1]}'},
        ],
    )
    def test_rules_that_are_none_are_refused(self, rules: dict[str, bytes]) -> None:
        assert malformed(made({"rules": [SignedRules.over(rules)]})).startswith("rules/")

    def test_rules_keep_the_manifest_that_was_signed(self) -> None:
        """A manifest names texts besides: without them it would be another agreement's."""
        rule = {"rules/a.json": RULES["rules/GR-XB-0001.json"]}
        manifest = write_rule_bundle(rule | {"texts/en.json": b"{}"})
        found = opened(made({"rules": [SignedRules(manifest, rule)]}))
        assert hashlib.sha256(manifest).digest() in found.evidence.bundles

    def test_anchors_of_converted_codes_come_through(self) -> None:
        anchors = {Digest(b"b" * 32): 2, Digest(b"a" * 32): 1}
        assert opened(made({"anchors": anchors})).evidence.anchors == anchors
        bad_ones: list[Any] = [[[b"a" * 31, 1]], [[b"a" * 32, -1]], [[b"a" * 32]], {}, [1]]
        for bad in bad_ones:
            path = "foreign-anchors"
            assert malformed(changed(path, cbor.encode(bad))) == path

    def test_a_key_that_is_no_point_is_found_now(self) -> None:
        bad = document_key(KeyUsage.DOCUMENTS, public_key=PublicKey(bytes(32), bytes(32)))
        assert malformed(made({"keys": [issuer_key(bad)]})) == "keys"

    @pytest.mark.parametrize("path", ["keys", "agreements", "foreign-keys"])
    @given(data=st.data())
    def test_any_other_value_is_refused_or_read(self, path: str, data: st.DataObject) -> None:
        """Nothing but a stable refusal comes out of a well-signed file, whatever it says."""
        document = parse_json(MADE.files[path])
        at: Any = document
        while isinstance(at, list | dict) and at:
            inside = data.draw(
                st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at)))
            )
            if not isinstance(at[inside], list | dict) or data.draw(st.booleans()):
                at[inside] = data.draw(
                    st.sampled_from([None, True, -1, 2**60, "", "AAAA", "\x00", [], {}, [[]], 0.5])
                )
                break
            at = at[inside]
        try:
            opened(changed(path, orjson.dumps(document)))
        except GateBundleMalformed as refused:
            assert refused.part == path  # noqa: PT017  # both ways are good

    def test_two_agreements_of_the_same_parties_are_refused(self) -> None:
        assert malformed(made({"agreements": [agreement(), agreement()]})) == "agreements"
        assert agreement().id == agreement_id(jurisdiction_id("XA"), jurisdiction_id("XB"), PASS)


class TestArchive:
    def test_holds_a_whole_bundle(self) -> None:
        manifest, contents = unpack(pack(MADE.encoded, MADE.files.values()))
        assert (manifest, contents) == (MADE.encoded, MADE.contents)

    def test_holds_what_a_gate_lacks(self) -> None:
        later = made({"texts": {}}, sequence=13)
        wanted = later.manifest.wanted(MADE.contents)
        archive = pack(later.encoded, [later.contents[ref.digest] for ref in wanted.values()])
        _, fetched = unpack(archive)
        assert len(archive) < len(pack(later.encoded, later.files.values()))
        found = read_bundle(later.manifest, {**MADE.contents, **fetched})
        assert (found.evidence.sequence, found.texts, found.missing) == (13, {}, ())

    @pytest.mark.parametrize(
        "archive",
        [
            b"",
            cbor.encode([]),
            cbor.encode([b"", b""]),
            cbor.encode([b"", ["text"]]),
            cbor.encode([b"", [], 1]),
            pack(b"", []) + b"\0",
            pack(b"", [b""] * 20_001),
            pack(MADE.encoded, [])[:-1],
            pack(b"", [b"file"])[:-1],
            b"\x82\x40\x9f\xff",
            b"\x82\x5f\x40\xff\x80",
            b"\x82\x40\x9b" + bytes(7) + b"\x01\x40",
        ],
        ids=[
            *("nothing", "empty", "bytes", "text", "three", "tail", "too many"),
            *("no files", "cut off", "array without end", "string in parts", "long form"),
        ],
    )
    def test_of_another_form_is_refused(self, archive: bytes) -> None:
        with pytest.raises(GateBundleMalformed):
            unpack(archive)

    def test_of_more_bytes_than_a_bundle_has_is_refused(self) -> None:
        with pytest.raises(GateBundleMalformed) as refused:
            unpack(bytes(MAX_BYTES + 1))
        assert refused.value.reason == "too long"

    @given(st.binary(max_size=200))
    def test_of_any_bytes_is_refused_or_read(self, data: bytes) -> None:
        try:
            _, contents = unpack(data)
        except GateBundleUnusable:
            return
        assert all(hashlib.sha256(each).digest() == name for name, each in contents.items())


def test_kids_of_revocation_lists_are_those_of_their_files() -> None:
    assert list(revocation()) == [FOREIGN.kid]
    assert Digest(hashlib.sha256(MADE.files["keys"]).digest()) in MADE.contents
