"""Jurisdictions beside a town's: each with a supervisor, and an agency that licenses builders."""

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from ledger.authority import Agency
from ledger.canonical import canonical_json
from ledger.chain import calls
from ledger.chain.calls import Call, KeyWindow
from ledger.chain.direct import Receipt, send_and_wait
from ledger.keys import PrivateKey
from ledger.licences.issuance import Issuer, issue
from ledger.licences.sd_jwt import bind, parse, present
from ledger.merkle import Tree
from ledger.values import (
    OPEN_END,
    Address,
    AgencyStatus,
    KeyUsage,
    RecordKind,
    Role,
    agency_id,
    jurisdiction_id,
    licence_record_type,
)
from ledger.verification.proof_file import ProofFile
from tests.support.bid_desk import DESCRIPTION, Desk
from tests.support.builders import ASKED, LEAD, TYPE
from tests.support.licences import AGENCY, BASE_URL, HOLDER_KEY, counted_bytes, draft
from tests.support.policies import licence_policy_document
from tests.support.tender_town import DAY, PAYER, Sale, TenderTown, sent
from tests.support.terminal import Terminal

HOME = "CN-GD"
"""Where the town's buyer is."""
CODE = AGENCY.code
"""Of each agency; they are told apart by their jurisdictions."""


@dataclass(frozen=True)
class Abroad:
    """One jurisdiction; `supervisor` speaks for it, administers its agency and issues there."""

    town: TenderTown
    code: str
    supervisor: Terminal
    licence: ProofFile

    def bidder(self, sale: Sale) -> Desk:
        """A builder from there who bids, and shows the licence with the bid."""
        desk = sale.bidder(f"builder of {self.code}")
        asked = desk.terminal.json("bid", "asks", desk.documents)
        shown = bind(
            present(parse(self.licence.document or ""), ASKED.claims),
            HOLDER_KEY,
            audience=asked["audience"],
            nonce=asked["nonce"],
            issued_at=self.town.now,
        )
        presented = replace(self.licence, document=shown.compact).to_json().decode()
        name = f"Sample Builder of {self.code}"
        identity = {"jurisdiction": self.code, "code": LEAD["code"], "name": name}
        parts = [{**DESCRIPTION["parts"][0], "presentations": [presented]}]
        desk.describe({**DESCRIPTION, "identity": identity, "parts": parts})
        desk.terminal.json(*sent(("bid", "submit", desk.documents, desk.folder)))
        return desk

    # What its supervisor and the town's agree on.

    @property
    def name(self) -> str:
        """The agreement by which the town recognises licences of builders from here."""
        return f"{self.code}/{HOME}/licence:{TYPE}"

    def policy(self, type_id: str = TYPE, *, is_reversed: bool = False) -> Path:
        """The policy by which the town recognises licences from here, or the other way round."""
        from_, to = (HOME, self.code) if is_reversed else (self.code, HOME)
        said = {"from": from_, "to": to, "recordType": f"licence:{type_id}"}
        path = self.supervisor.folder / "policy.json"
        path.write_bytes(canonical_json(licence_policy_document(**said)))
        return path

    def agree(self, here: Terminal, policy: Path, begins: int = 0) -> None:
        """Sign off line at the town's supervisor `here`, and agree in one step.

        It is in force from three days on, or from `begins`.
        """
        terms = here.folder / f"terms-{self.code}.json"
        start = begins or self.town.now + 3 * DAY
        span = ("--from", start, "--until", start + 60 * DAY)
        here.run("agreement", "sign-terms", policy, *span, "--out", terms, "--account", PAYER)
        run(self.supervisor, "agree", policy, terms, "--as", self.code)


def run(who: Terminal, *words: object) -> None:
    """Run `suizheng agreement` with a supervisor's account."""
    who.run(*sent(("agreement", *words)))


def abroad(town: TenderTown, code: str) -> Abroad:
    """Admit a jurisdiction with an agency that may issue licences of builders; it issues one."""
    supervisor, at, place = town.terminal(code), town.deployment, jurisdiction_id(code)
    address = Address(supervisor.outside.keyring.entry(PAYER).shown)
    town.send(calls.admit_jurisdiction(at, code, address))
    agency, key = agency_id(code, CODE), PrivateKey.from_secret(sha256(code.encode()).digest())
    window = KeyWindow(0, OPEN_END, OPEN_END)
    for call in (
        calls.admit_agency(at, place, CODE, f"Sample Office of {code}", address),
        calls.accredit(at, agency, licence_record_type(TYPE)),
        calls.announce_key(at, agency, key.public_key, KeyUsage.DOCUMENTS, window),
        calls.grant_role(at, agency, Role.ISSUER, address),
    ):
        _send(town, supervisor, call)
    issuing = Agency(agency, code, CODE, f"Sample Office of {code}", AgencyStatus.ACTIVE)
    made = issue(draft(TYPE), Issuer(issuing, BASE_URL, key), counted_bytes(code.encode()))
    tree = Tree.of([made.digest])
    mined = _send(town, supervisor, calls.anchor(at, agency, RecordKind.LICENCE, tree.root, 1))
    told: tuple[Any, ...] = (agency, mined.transaction, mined.block)
    proof = ProofFile(made.digest, tree.proof(0), tree.root, at.ledger, *told)
    return Abroad(town, code, supervisor, replace(proof, document=made.document))


def _send(town: TenderTown, by: Terminal, call: Call) -> Receipt:
    account = by.outside.keyring.account(PAYER, "correct horse")
    with town.node() as node:
        return send_and_wait(node, account, call)
