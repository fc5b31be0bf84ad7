"""Peers and ourselves by turns, on one node: gas and time of the same work."""

import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from ledger.chain import calls
from ledger.chain.direct import send_and_wait
from ledger.status_list import ENTRIES, word_changes
from ledger.typed_data import StatusOrder
from ledger.values import Status
from scripts.bench.peers.document_store import DocumentStore
from scripts.bench.peers.eas import Eas
from scripts.bench.peers.npm import NotInstalled, installed
from scripts.bench.peers.trustvc import TrustVc, trustvc
from scripts.bench.rows import Row, Unit
from scripts.bench.run import Run
from scripts.bench.sample import SampleAgency
from scripts.bench.site import admitted

SUBJECT: Final = "peers"
COUNTS: Final = (1, 100)
WRAPPED: Final = 1_000
CHECKED: Final = 1_000
NOTE: Final = (
    "Peers: their contracts and ours on one node, called by turns through the same client, each "
    "call until its receipt; nothing is stored here, and no service takes part. EAS "
    "(`@ethereum-attestation-service/eas-contracts` 1.9.0) writes an attestation a licence, "
    "here of digest, number and validity, and asks nobody who may attest. The document store "
    "(`@tradetrust-tt/document-store` 4.1.1) keeps a digest a document, or one root; it knows no "
    "kind, size, key or accreditation, and its owner is whoever deployed it. TrustVC "
    "(`@trustvc/trustvc` 2.11.0) wraps in Node and does not sign; its check is of integrity alone. "
    "Ours signs each licence, and checks authority on chain; its changes suspend, at random "
    "places of fresh words, the dearest case."
)

Act = Callable[[], int]
"""Does its work and returns the gas that it used."""


@dataclass(slots=True)
class Samples:
    """What the rounds of one act took."""

    seconds: list[float] = field(default_factory=list)
    gas: list[int] = field(default_factory=list)


def peers(run: Run) -> Iterator[Row]:
    """Measure every peer that can be installed; say why another is left out."""
    run.say("peers: installing")
    try:
        folder = installed("contracts")
    except NotInstalled as reason:
        run.skip("EAS and the document store", str(reason))
        return
    with admitted() as (_, agency):
        node, account = agency.client.node, agency.other
        eas = Eas(folder, node, account)
        store = DocumentStore(folder, node, account)
        for count in COUNTS:
            yield from _on_chain(run, agency, eas, store, count)
        try:
            library = installed("trustvc")
        except NotInstalled as reason:
            run.skip("TrustVC", str(reason))
            return
        with trustvc(library, store.address) as wrapper:
            yield from _wrapping(run, agency, wrapper, store)


def _on_chain(
    run: Run, agency: SampleAgency, eas: Eas, store: DocumentStore, count: int
) -> Iterator[Row]:
    acts: dict[str, Act] = {
        "ours: sign and anchor": lambda: _anchor(agency, count),
        "EAS: attest": lambda: eas.attest(count),
        "EAS: timestamp": lambda: eas.timestamp(count),
        "document store: issue": lambda: store.issue(count),
        "ours: change status": lambda: _suspend(agency, count),
        "EAS: revoke": lambda: eas.revoke(count),
        "document store: revoke": lambda: store.revoke(count),
    }
    found = _by_turns(run, acts, f"peers: {count}")
    rows = {
        (name, what): row
        for name, samples in found.items()
        for what, row in _rows(name, samples, count).items()
    }
    for what in ("rate", "gas"):
        issue, change = ("ours: sign and anchor", what), ("ours: change status", what)
        rows[issue] = rows[issue].beside(peer=rows["EAS: attest", what])
        rows[change] = rows[change].beside(peer=rows["EAS: revoke", what])
    yield from rows.values()
    if count == 1:
        attest = found["EAS: attest"].seconds
        yield Row.of(SUBJECT, "EAS: attest 1, time", Unit.SECONDS, attest)


def _rows(name: str, samples: Samples, count: int) -> Mapping[str, Row]:
    rates = [count / seconds for seconds in samples.seconds]
    gas = [used / count for used in samples.gas]
    title = f"{name} {count}"
    return {
        "rate": Row.of(SUBJECT, f"{title}, rate", Unit.PER_SECOND, rates, note=NOTE),
        "gas": Row.of(SUBJECT, f"{title}, gas each", Unit.GAS, gas),
    }


def _wrapping(
    run: Run, agency: SampleAgency, wrapper: TrustVc, store: DocumentStore
) -> Iterator[Row]:
    def theirs() -> int:
        _, root = wrapper.wrap(WRAPPED)
        return store.issue_root(root)

    acts: dict[str, Act] = {
        "TrustVC: wrap and anchor": theirs,
        "ours: sign and anchor": lambda: _anchor(agency, WRAPPED),
    }
    found = {
        name: Row.of(
            SUBJECT,
            name,
            Unit.PER_SECOND,
            [WRAPPED / seconds for seconds in samples.seconds],
            size=WRAPPED,
        )
        for name, samples in _by_turns(run, acts, f"peers: {WRAPPED:,}").items()
    }
    yield found["TrustVC: wrap and anchor"]
    yield found["ours: sign and anchor"].beside(peer=found["TrustVC: wrap and anchor"])
    wrapper.check(CHECKED // 10)
    yield Row.of(SUBJECT, "TrustVC: check integrity", Unit.SECONDS, wrapper.check(CHECKED))


def _by_turns(run: Run, acts: Mapping[str, Act], what: str) -> dict[str, Samples]:
    """Run every act once to warm up, then in turn as often as rounds are asked for."""
    found = {name: Samples() for name in acts}
    for act in acts.values():
        act()
    for _ in run.each_round(what):
        for name, act in acts.items():
            started = time.perf_counter()
            gas = act()
            found[name].seconds.append(time.perf_counter() - started)
            found[name].gas.append(gas)
    return found


def _anchor(agency: SampleAgency, count: int) -> int:
    """Sign so many licences and anchor them."""
    licences = agency.issue(count, agency.client.head().time, os.urandom)
    _, receipt = agency.put_on_chain([licence.digest for licence in licences])
    return receipt.gas_used


def _suspend(agency: SampleAgency, count: int) -> int:
    """Suspend so many entries at random places of a list."""
    changes = word_changes(random.sample(range(ENTRIES), count))
    list_ = int.from_bytes(os.urandom(3))
    issuer = agency.issuer.agency.id
    order = StatusOrder(issuer, list_, changes, Status.SUSPENDED, 101, 1, 0)
    call = calls.change_status(agency.client.deployment, order)
    return send_and_wait(agency.client.node, agency.account, call).gas_used
