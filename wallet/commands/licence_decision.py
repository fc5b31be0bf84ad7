"""`suizheng licence decision`: the written decision behind a change, and what it says."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import click

from ledger.errors import Unavailable
from ledger.licences.catalogue import LANGUAGES
from ledger.licences.decisions import SignedDecision, parse_decision
from ledger.licences.reasons import reason_of
from ledger.values import Status
from ledger.verification.check import rfc3339
from wallet.commands.options import FILE
from wallet.commands.serving import opened, proof_of, serving
from wallet.console import note, print_json, say, when
from wallet.documents import proof_beside
from wallet.home import write_file
from wallet.surroundings import Surroundings

_CHANGE: Final = re.compile(r"0x[0-9a-f]{32}")
_LABELS: Final = {
    "zh-Hans": {
        Status.SUSPENDED: "暂扣证照",
        Status.VALID: "恢复证照效力",
        Status.REVOKED: "终止证照效力",
        Status.SUPERSEDED: "以新证替代",
        "licence": "证照",
        "reason": "原因",
        "from": "生效",
        "beginning": "自始",
        "until": "期满",
        "number": "文号",
        "legalBasis": "依据",
        "text": "决定",
        "appeal": "救济",
        "successor": "新证",
        "signed": "签署",
    },
    "zh-Hant": {
        Status.SUSPENDED: "暫扣證照",
        Status.VALID: "恢復證照效力",
        Status.REVOKED: "終止證照效力",
        Status.SUPERSEDED: "以新證替代",
        "licence": "證照",
        "reason": "原因",
        "from": "生效",
        "beginning": "自始",
        "until": "期滿",
        "number": "文號",
        "legalBasis": "依據",
        "text": "決定",
        "appeal": "救濟",
        "successor": "新證",
        "signed": "簽署",
    },
    "en": {
        Status.SUSPENDED: "The licence is suspended",
        Status.VALID: "The licence is in force again",
        Status.REVOKED: "The licence is no longer in force",
        Status.SUPERSEDED: "The licence is replaced by a newer one",
        "licence": "Licence",
        "reason": "Reason",
        "from": "From",
        "beginning": "the beginning",
        "until": "Until",
        "number": "Number",
        "legalBasis": "Legal basis",
        "text": "Decision",
        "appeal": "Objections",
        "successor": "Newer one",
        "signed": "Signed",
    },
    "pt": {
        Status.SUSPENDED: "A licença fica suspensa",
        Status.VALID: "A licença volta a estar em vigor",
        Status.REVOKED: "A licença deixa de estar em vigor",
        Status.SUPERSEDED: "A licença é substituída por uma mais recente",
        "licence": "Licença",
        "reason": "Motivo",
        "from": "Desde",
        "beginning": "o início",
        "until": "Até",
        "number": "Número",
        "legalBasis": "Base legal",
        "text": "Decisão",
        "appeal": "Reclamações",
        "successor": "Mais recente",
        "signed": "Assinada",
    },
}


@dataclass(eq=False)
class DecisionNotYetWritten(Unavailable):
    """The change's decision is not written yet. It is, once the change is in a block."""


@click.command()
@click.argument("name", metavar="CHANGE|DIGEST")
@click.option("--out", type=FILE, help="File to write the decision to, its proof beside it.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Language of the labels.")
@serving
def decision(
    outside: Surroundings, name: str, out: Path | None, language: str | None, **given: Any
) -> None:
    """Show the decision DIGEST, or that of a CHANGE, as `licence history` names them.

    What --out writes is checked with `suizheng verify OUT --licence FILE`.
    """
    with opened(outside, given) as service:
        digest = name.lower()
        if _CHANGE.fullmatch(digest):
            named = service.get(f"/v1/changes/{digest}").get("decision")
            if named is None:
                raise DecisionNotYetWritten
            digest = str(named)
        token = service.fetch(f"/v1/decisions/{quote(digest)}")
        proof = proof_of(service, digest)
    signed = parse_decision(token.decode("utf-8", "replace"))
    if out is not None:
        write_file(out, token)
        if proof is not None:
            write_file(proof_beside(out), proof.to_json())
    if given["as_json"]:
        print_json(_members(signed))
    else:
        _print(signed, language or outside.language)
    if proof is None:
        note("There is no proof yet: the decision is not anchored. Fetch again in a moment.")


def _members(signed: SignedDecision) -> dict[str, Any]:
    made = signed.decision
    return {
        "digest": signed.digest,
        "licence": made.target,
        "status": made.status.name.lower(),
        "reason": made.reason,
        "effectiveAt": rfc3339(made.effective_at) if made.effective_at else None,
        "until": rfc3339(made.until) if made.until else None,
        "number": made.number,
        "legalBasis": made.legal_basis,
        "text": made.text,
        "appeal": made.appeal,
        "successor": made.successor,
        "issuer": signed.iss,
        "issuedAt": rfc3339(signed.issued_at),
    }


def _print(signed: SignedDecision, language: str) -> None:
    labels, made = _LABELS[language], signed.decision
    say(labels[made.status], style="bold")
    lines = {
        "licence": "0x" + made.target.hex(),
        "reason": f"{made.reason} {reason_of(made.reason).names[language]}",
        "from": when(made.effective_at) if made.effective_at else labels["beginning"],
        "until": when(made.until) if made.until else "",
        "successor": "" if made.successor is None else "0x" + made.successor.hex(),
        "number": made.number,
        "legalBasis": made.legal_basis,
        "text": made.text,
        "appeal": made.appeal,
        "signed": f"{when(signed.issued_at)} {signed.iss}",
    }
    for name, value in lines.items():
        if value:
            say(f"{labels[name]}: {value}")
