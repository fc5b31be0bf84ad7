"""A made-up agency on a real chain, with a batch of licences to measure on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.authority import Agency
from ledger.chain import calls
from ledger.chain.accounts import Account
from ledger.chain.client import LedgerClient
from ledger.chain.deploy import deploy
from ledger.chain.direct import send_and_wait
from ledger.chain.rpc import Node
from ledger.keys import PrivateKey
from ledger.licences.catalogue import LicenceType, load_catalogue
from ledger.licences.dates import local_day
from ledger.licences.issuance import Draft, Issuer, Licence, Randomness, issue
from ledger.merkle import Tree
from ledger.values import AgencyStatus, KeyUsage, RecordKind, Role, agency_id, jurisdiction_id
from ledger.verification.proof_file import ProofFile

TYPE: Final = "cn.food-business"
YEAR: Final = 366 * 24 * 3600
FIELDS: Final = {
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
    """An agency whose account holds every role, with one document key for everything."""

    client: LedgerClient
    account: Account
    issuer: Issuer
    type: LicenceType

    @classmethod
    def admit(cls, node: Node, account: Account, private_key: bytes) -> "SampleAgency":
        """Deploy the contracts and admit, accredit and equip the agency."""
        deployment = deploy(node, private_key, account.address)
        client = LedgerClient(node, deployment)
        now = client.head().time
        agency = Agency(
            agency_id("CN-GD", "11440100MBEXAMPE7Y"),
            "CN-GD",
            "11440100MBEXAMPE7Y",
            "示例市市场监督管理局",
            AgencyStatus.ACTIVE,
        )
        key = PrivateKey.from_secret(hashlib.sha256(b"a made-up document key").digest())
        window = calls.KeyWindow(0, now + YEAR, now + 10 * YEAR)
        usage = KeyUsage.DOCUMENTS | KeyUsage.STATUS_LISTS | KeyUsage.BUNDLES
        subject = jurisdiction_id(agency.jurisdiction)
        type_ = load_catalogue().get(TYPE)
        for call in (
            calls.admit_jurisdiction(deployment, agency.jurisdiction, account.address),
            calls.admit_agency(deployment, subject, agency.code, agency.name, account.address),
            calls.grant_role(deployment, agency.id, Role.ISSUER, account.address),
            calls.grant_role(deployment, agency.id, Role.REGISTRAR, account.address),
            calls.announce_key(deployment, agency.id, key.public_key, usage, window),
            calls.accredit(deployment, agency.id, type_.record_type),
        ):
            send_and_wait(node, account, call)
        return cls(client, account, Issuer(agency, "https://licences.example", key), type_)

    def issue(self, count: int, now: int, randomness: Randomness) -> list[Licence]:
        """Return `count` signed licences of fifteen and more disclosures, not yet anchored."""
        dates = {"valid_from": local_day(now), "valid_until": local_day(now + 4 * YEAR)}
        return [
            issue(
                Draft(self.type, FIELDS | dates, f"BENCH{number}", 0, number, now),
                self.issuer,
                randomness,
            )
            for number in range(count)
        ]

    def anchor(self, licences: Sequence[Licence]) -> list[ProofFile]:
        """Anchor the licences as one batch and return the proof of each."""
        tree = Tree.of([licence.digest for licence in licences])
        deployment = self.client.deployment
        call = calls.anchor(
            deployment, self.issuer.agency.id, RecordKind.LICENCE, tree.root, tree.size
        )
        receipt = send_and_wait(self.client.node, self.account, call)
        return [
            ProofFile(
                digest=licence.digest,
                proof=proof,
                root=tree.root,
                ledger=deployment.ledger,
                agency=self.issuer.agency.id,
                transaction=receipt.transaction,
                block=receipt.block,
            )
            for licence, proof in zip(licences, tree.proofs(), strict=True)
        ]
