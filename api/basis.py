"""What every process of the service stands on: settings, database, nodes, keys.

Clock, randomness and files named by settings are read here alone.
"""

import os
import re
import secrets
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from api.blobs.files import FileBlobs
from api.blobs.replicas import Replicas
from api.blobs.store import BlobStore
from api.config import Settings
from api.services.at_head import AtHead
from api.services.audit import Audit
from api.services.health_keys import HealthKeys, read_secret
from api.services.intents import Intents
from api.services.issuers import Issuers, KeyRing
from api.services.key_folder import KeyFolder
from api.signer.assembly import token_keys
from api.signer.remote import RemoteKeys, SignerLine
from api.store.database import Database
from api.store.leases import Lease
from api.store.outbox import SqlOutbox
from api.store.projection import SqlProjection
from api.store.registry import Registry
from ledger.canonical import parse_object
from ledger.chain.accounts import Account
from ledger.chain.deployments import Deployment, load_deployment, require_own_contracts
from ledger.chain.follower import Follower
from ledger.chain.lane import Reason
from ledger.chain.rpc import Known, Node
from ledger.chain.wire import checksum
from ledger.errors import Refused
from ledger.finality import FINALIZED
from ledger.keystore import KeyKind, lock, unlock
from ledger.values import Address
from ledger.verification.policy import Policy

MAX_EVIDENCE_AGE_SECONDS = 60
"""Age at which the projection confirms no absence any more (proposed)."""


@dataclass(eq=False)
class OperatorAccountMissing(Refused):
    """There is no keystore of the operator's account."""

    path: str


class PasswordMissing(Refused):
    """There is no password or PIN; SUIZHENG_PASSWORD_FILE or …PKCS11_PIN_FILE names its file."""


class Basis:
    """What is built once, each when it is first asked for, and more than one process needs."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @staticmethod
    def clock() -> int:
        """Return the time in Unix seconds."""
        return int(time.time())

    @staticmethod
    def randomness(count: int) -> bytes:
        """Return `count` random bytes fit for keys."""
        return secrets.token_bytes(count)

    @cached_property
    def database(self) -> Database:
        """The database, its schema current."""
        return Database.open(self.settings.database_url)

    @cached_property
    def deployment(self) -> Deployment:
        """The contracts of the one chain that this service is for, the very ones it knows."""
        found = load_deployment(self.settings.deployment)
        require_own_contracts(found)
        return found

    @cached_property
    def node(self) -> Node:
        """The chain's nodes, asked in turn; one of another chain is passed over."""
        return Node(self.settings.node_urls, chain_id=self.deployment.chain_id)

    @property
    def asks_finalized(self) -> bool:
        """Whether the chain says what is final."""
        return self.settings.confirmations == FINALIZED

    @cached_property
    def known(self) -> Known:
        """Tells the projection's newest block: nodes that lack it are not believed."""
        return SqlProjection(self.database).cursor

    @cached_property
    def registry(self) -> Registry:
        """The projection, as verifiers ask it."""
        return Registry(self.database, self.deployment.ledger)

    @property
    def policy(self) -> Policy:
        """The terms of a verification here."""
        trusted = frozenset({self.deployment.ledger})
        return Policy(trusted, MAX_EVIDENCE_AGE_SECONDS, self.settings.confirmations)

    @cached_property
    def sender_address(self) -> Address:
        """The operator's account, read from its keystore without unlocking it."""
        found = parse_object(self._account_file()).get("address")
        if not isinstance(found, str) or not re.fullmatch(r"(0x)?[0-9a-fA-F]{40}", found):
            raise OperatorAccountMissing(str(self.settings.keys / "account.json"))
        return checksum(bytes.fromhex(found.removeprefix("0x")))

    @cached_property
    def account(self) -> Account:
        """The operator's account, unlocked: half a second and 256 MB, once."""
        return Account(unlock(self._account_file(), self._password()))

    @cached_property
    def keys(self) -> KeyRing:
        """The agencies' document keys: the signer's, or those of this process."""
        path = self.settings.signer_socket
        return self.held if path is None else RemoteKeys(SignerLine(path), time.monotonic)

    @cached_property
    def held(self) -> KeyRing:
        """The document keys of this process: a token's, a folder's, or none without a password."""
        if (module := self.settings.pkcs11_module) is not None:
            pin = self._secret(self.settings.pkcs11_pin_file)
            return token_keys(module, self.settings.pkcs11_token, pin)
        password_file = self.settings.password_file
        folder = self.settings.keys / "documents"
        return KeyFolder(folder, self._unlock if password_file else None, password_file)

    @cached_property
    def health_keys(self) -> HealthKeys:
        """What opens the envelopes of travellers, and rows about people."""
        unlock = self._unlock if self.settings.password_file else None
        return HealthKeys(read_secret(self.settings.keys / "health.json", unlock), self.randomness)

    @cached_property
    def blobs(self) -> Replicas:
        """Where sealed files lie."""
        return Replicas([self._blobs_at(each) for each in self.settings.blobs], time.monotonic)

    @staticmethod
    def _blobs_at(url: str) -> BlobStore:
        kind, _, place = url.partition(":")
        if kind == "file":
            return FileBlobs(Path(place))
        from api.blobs.s3 import open_bucket  # noqa: PLC0415  # memory that a disk does not need

        return open_bucket(place)

    @cached_property
    def issuers(self) -> Issuers:
        """Who signs for which agency."""
        return Issuers(AtHead(self.registry), self.keys, self.settings.base_url, self.clock)

    @cached_property
    def intents(self) -> Intents:
        """Writes to the chain, encoded."""
        return Intents(self.deployment, self.sender_address)

    def make_health_secret(self) -> bool:
        """Make the secret of health codes, locked, where there is none; return whether it did."""
        path = self.settings.keys / "health.json"
        if path.exists():
            return False
        # Below the order of every curve, which the keystore asks of a document key.
        secret = bytes([self.randomness(1)[0] >> 1, *self.randomness(31)])
        locked = lock(secret, self._password(), KeyKind.DOCUMENT)
        new = path.with_suffix(f".{os.getpid()}")
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as opened:
            opened.write(locked)
            opened.flush()
            os.fsync(opened.fileno())
        try:
            path.hardlink_to(new)  # whole or not at all, and never over another one
        except FileExistsError:  # another process was faster, and its secret is as good
            return False
        finally:
            new.unlink()
        return True

    def audit(self) -> Audit:
        """Return the comparison of database and chain."""
        return Audit(
            self.database,
            lambda fresh: Follower(self.node, self.deployment, fresh),
            self.settings.scan_batch_seconds,
        )

    def lease(self) -> Lease:
        """Return the right to send for the account and to follow its chain, not yet taken."""
        chain_id = self.deployment.chain_id
        return Lease(self.database, f"worker:{chain_id}:{self.sender_address}")

    def resume(self) -> str:
        """Let the account send again if a person had to look; return why it stood still, or ""."""
        outbox, name = SqlOutbox(self.database), (self.deployment.chain_id, self.sender_address)
        reason = outbox.halted(*name)
        if reason == Reason.FOREIGN_NONCE:
            outbox.halt(*name, "")
        return reason

    def _account_file(self) -> str:
        path = self.settings.keys / "account.json"
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as exc:
            raise OperatorAccountMissing(str(path)) from exc

    def _password(self) -> str:
        return self._secret(self.settings.password_file)

    @staticmethod
    def _secret(path: Path | None) -> str:
        if path is None:
            raise PasswordMissing
        try:
            return path.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as exc:
            raise PasswordMissing from exc

    def _unlock(self, text: str) -> bytes:
        return unlock(text, self._password())
