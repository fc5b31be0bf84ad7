"""A made-up agency on a real chain, with a batch of licences to measure on."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ledger.authority import Agency
from ledger.chain import calls
from ledger.chain.accounts import Account
from ledger.chain.client import LedgerClient
from ledger.chain.deploy import deploy
from ledger.chain.direct import Receipt, send_and_wait
from ledger.chain.rpc import Node
from ledger.keys import PrivateKey
from ledger.licences.catalogue import LicenceType, load_catalogue
from ledger.licences.dates import local_day
from ledger.licences.issuance import Draft, Issuer, Licence, Randomness, issue
from ledger.merkle import Tree
from ledger.values import (
    AgencyStatus,
    Digest,
    KeyUsage,
    RecordKind,
    Role,
    agency_id,
    jurisdiction_id,
)
from ledger.verification.proof_file import ProofFile
from wallet.embedded import EmbeddedChain

TYPE: Final = "cn.food-business"
YEAR: Final = 366 * 24 * 3600
FIELDS: Final[Mapping[str, Any]] = {
    "holder_name": "示例市蓝鲸小吃店",
    "holder_code": "91440199MA2A205535",
    "licence_number": "JY24401990000001",
    "legal_representative": "样本甲",
    "domicile": "示例市样本区东一路1号",
    "premises": "示例市样本区东一路1号",
    "main_business": "餐饮服务经营者",
    "items": ["热食类食品制售", "冷食类食品制售"],
    "area_m2": 86.5,
    "supervising_body": "示例市市场监督管理局样本所",
    "complaint_phone": "0000-12345",
    "issuing_officer": "样本签发人",
}


@dataclass(frozen=True, slots=True)
class SampleAgency:
    """An agency whose account holds every role, with one document key for everything.

    `other` is a second REGISTRAR, so that two may send at once.
    """

    client: LedgerClient
    url: str
    account: Account
    other: Account
    issuer: Issuer
    key_secret: bytes = field(repr=False)
    type: LicenceType

    @classmethod
    def admit(cls, node: Node, chain: EmbeddedChain) -> "SampleAgency":
        """Deploy the contracts and admit, accredit and equip the agency."""
        account = Account(hashlib.sha256(b"a made-up account").digest())
        other = Account(hashlib.sha256(b"another made-up account").digest())
        for each in (account, other):
            chain.fund(each.address)
        deployment = deploy(node, account.private_key, account.address)
        client = LedgerClient(node, deployment)
        now = client.head().time
        agency = Agency(
            agency_id("CN-GD", "11440100MBEXAMPE7Y"),
            "CN-GD",
            "11440100MBEXAMPE7Y",
            "示例市市场监督管理局",
            AgencyStatus.ACTIVE,
        )
        secret = hashlib.sha256(b"a made-up document key").digest()
        key = PrivateKey.from_secret(secret)
        window = calls.KeyWindow(0, now + YEAR, now + 10 * YEAR)
        usage = KeyUsage.DOCUMENTS | KeyUsage.STATUS_LISTS | KeyUsage.BUNDLES
        subject = jurisdiction_id(agency.jurisdiction)
        type_ = load_catalogue().get(TYPE)
        for call in (
            calls.admit_jurisdiction(deployment, agency.jurisdiction, account.address),
            calls.admit_agency(deployment, subject, agency.code, agency.name, account.address),
            calls.grant_role(deployment, agency.id, Role.ISSUER, account.address),
            calls.grant_role(deployment, agency.id, Role.REGISTRAR, account.address),
            calls.grant_role(deployment, agency.id, Role.REGISTRAR, other.address),
            calls.announce_key(deployment, agency.id, key.public_key, usage, window),
            calls.accredit(deployment, agency.id, type_.record_type),
        ):
            send_and_wait(node, account, call)
        issuer = Issuer(agency, "https://licences.example", key)
        return cls(client, chain.url, account, other, issuer, secret, type_)

    def issue(self, count: int, now: int, randomness: Randomness) -> list[Licence]:
        """Return `count` signed licences of fifteen and more disclosures, not yet anchored."""
        fields = sample_fields(now)
        return [
            issue(
                Draft(self.type, fields, f"BENCH{number}", 0, number, now),
                self.issuer,
                randomness,
            )
            for number in range(count)
        ]

    def anchor(self, licences: Sequence[Licence], leaves: int = 0) -> list[ProofFile]:
        """Anchor the licences as one batch and return the proof of each.

        Where they are fewer than `leaves`, random digests fill the batch behind them.
        """
        others = max(0, leaves - len(licences))
        digests = [licence.digest for licence in licences]
        digests += [Digest(secrets.token_bytes(32)) for _ in range(others)]
        tree, receipt = self.put_on_chain(digests)
        deployment = self.client.deployment
        return [
            ProofFile(
                digest=licence.digest,
                proof=tree.proof(leaf),
                root=tree.root,
                ledger=deployment.ledger,
                agency=self.issuer.agency.id,
                transaction=receipt.transaction,
                block=receipt.block,
            )
            for leaf, licence in enumerate(licences)
        ]

    def put_on_chain(self, digests: Sequence[Digest]) -> tuple[Tree, Receipt]:
        """Anchor digests as one batch."""
        tree = Tree.of(digests)
        issuer, kind = self.issuer.agency.id, RecordKind.LICENCE
        call = calls.anchor(self.client.deployment, issuer, kind, tree.root, tree.size)
        return tree, send_and_wait(self.client.node, self.account, call)


def sample_fields(now: int) -> dict[str, Any]:
    """Return lawful fields of a licence that is good from today on."""
    return {**FIELDS, "valid_from": local_day(now), "valid_until": local_day(now + 4 * YEAR)}
