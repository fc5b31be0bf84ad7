"""A qualified tender on a real node, opened and not recorded, its licence anchored there."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ledger.chain import calls
from ledger.chain.calls import KeyWindow
from ledger.chain.tender_archive import gather, read
from ledger.values import (
    OPEN_END,
    KeyUsage,
    LedgerRef,
    RecordKind,
    Role,
    jurisdiction_id,
    licence_record_type,
)
from tests.support.anvil import anvil
from tests.support.licences import AGENCY, AGENCY_KEY, ISSUED_AT
from tests.support.qualified_tender import TYPE, QualifiedTender
from tests.support.reopened import played
from tests.support.standing import JURISDICTION, Standing, stand_up
from tests.support.tender_chain import Stage
from tests.support.tender_story import DAY, Where
from tests.support.terminal import Terminal
from tests.support.verification import Sample, sample
from wallet.trust import Trust, TrustedLedger


@dataclass(frozen=True)
class Played:
    """The tender as it was told to the chain, and the licence that one bidder shows."""

    standing: Standing
    licence: Sample
    told: QualifiedTender
    url: str

    def terminal(self, folder: Path) -> Terminal:
        """A wallet that trusts the ledger, a day after the last event."""
        found = Terminal(folder, now=self.told.now + DAY)
        trusted = TrustedLedger(self.standing.deployment, (self.url,))
        found.outside.trust.save(Trust((trusted,)))
        return found


def licensed(standing: Standing) -> Sample:
    """Anchor a licence of builders by an agency that may issue it; its proof names the block."""
    found, at, agency = sample(TYPE), standing.deployment, AGENCY.id
    place, window = jurisdiction_id(JURISDICTION), KeyWindow(0, OPEN_END, OPEN_END)
    for call in (
        calls.admit_agency(at, place, AGENCY.code, AGENCY.name, standing.council.address),
        calls.accredit(at, agency, licence_record_type(TYPE)),
        calls.announce_key(at, agency, AGENCY_KEY.public_key, KeyUsage.DOCUMENTS, window),
        calls.grant_role(at, agency, Role.ISSUER, standing.office.address),
        calls.grant_role(at, agency, Role.REGISTRAR, standing.office.address),
    ):
        standing.send(call)
    proof = found.evidence.proof
    assert proof is not None
    size = proof.proof.tree_size
    call = calls.anchor(at, agency, RecordKind.LICENCE, proof.root, size)
    mined = standing.send(call, standing.office)
    return found.with_proof(ledger=at.ledger, transaction=mined.transaction, block=mined.block)


@contextmanager
def played_on_a_node(kind: type[QualifiedTender] = QualifiedTender) -> Iterator[Played]:
    """Play a tender up to its fallbackEnd on a node of its own."""
    with anvil("--timestamp", str(ISSUED_AT + 60)) as running:
        standing = stand_up(running)
        with closing(standing.node):
            licence, stage = licensed(standing), Stage(standing)
            proof = licence.evidence.proof
            assert proof is not None
            ledger = LedgerRef(standing.deployment.chain_id, stage.at.ledger)
            told = kind(
                licence.document,
                Where("GZ-2026-0001", ISSUED_AT + 2 * DAY, ledger, standing.agency),
                lambda shown: replace(proof, document=shown).to_json().decode(),
            )
            told.on = stage.play
            told.happened = lambda: (
                read(
                    gather(standing.node, standing.deployment, told.id), standing.deployment
                ).events
            )
            played(told)
            yield Played(standing, licence, told, running.url)
