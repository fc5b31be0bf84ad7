"""Reasons for a change of status: code on chain, legal class, names in four languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ledger.errors import Refused
from ledger.values import Status

ANNULMENTS: Final = frozenset({310, 311})
"""撤销: void from the beginning."""
RESTORED: Final = 205
"""The successor was annulled, so the old licence counts again."""
WRITTEN: Final = ANNULMENTS | {320, 340}
"""撤销, 吊销, 撤回: a right is taken away, which needs a written decision that names its ground and
where to object (行政处罚法 art. 59; 行政许可法 arts. 8, 69). A suspension may precede its own."""


@dataclass(eq=False)
class ReasonUnknown(Refused):
    """There is no such reason."""

    reason: int


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a status changes: its code on chain, where it leads, and its names by language."""

    code: int
    status: Status
    names: Mapping[str, str]

    @property
    def annuls(self) -> bool:
        """Whether it declares the licence void from the beginning (撤销)."""
        return self.code in ANNULMENTS


def _reason(code: int, status: Status, *names: str) -> tuple[int, Reason]:
    named = dict(zip(("zh-Hans", "zh-Hant", "en", "pt"), names, strict=True))
    return code, Reason(code, status, MappingProxyType(named))


_SUSPEND, _BACK, _REVOKE, _REPLACE = (
    Status.SUSPENDED,
    Status.VALID,
    Status.REVOKED,
    Status.SUPERSEDED,
)

REASONS: Final[Mapping[int, Reason]] = MappingProxyType(
    dict(
        (
            _reason(101, _SUSPEND, "暂扣", "暫扣", "Suspended", "Suspensa"),
            _reason(
                102, _SUSPEND, "立案调查", "立案調查", "Under investigation", "Sob investigação"
            ),
            _reason(
                103,
                _SUSPEND,
                "停业申请",
                "停業申請",
                "Business paused on request",
                "Atividade interrompida a pedido",
            ),
            _reason(
                104,
                _SUSPEND,
                "办理转出",
                "辦理轉出",
                "Transfer under way",
                "Transferência em curso",
            ),
            _reason(
                105,
                _SUSPEND,
                "数据待核",
                "資料待核",
                "Particulars being checked",
                "Dados em verificação",
            ),
            _reason(201, _BACK, "暂扣发还", "暫扣發還", "Suspension lifted", "Suspensão levantada"),
            _reason(202, _BACK, "期满恢复", "期滿恢復", "Suspension ended", "Suspensão terminada"),
            _reason(
                203, _BACK, "决定被撤销", "決定被撤銷", "Suspension overturned", "Suspensão anulada"
            ),
            _reason(
                204, _BACK, "取消转出", "取消轉出", "Transfer cancelled", "Transferência cancelada"
            ),
            _reason(
                205,
                _BACK,
                "新证被撤销，原证恢复",
                "新證被撤銷，原證恢復",
                "Restored: its successor was annulled",
                "Reposta: a sucessora foi anulada",
            ),
            _reason(
                310,
                _REVOKE,
                "撤销（行政机关原因）",
                "撤銷（行政機關原因）",
                "Annulled: the agency's fault",
                "Anulada por erro da entidade",
            ),
            _reason(
                311,
                _REVOKE,
                "撤销（以欺骗、贿赂等不正当手段取得）",
                "撤銷（以欺騙、賄賂等不正當手段取得）",
                "Annulled: obtained by fraud",
                "Anulada: obtida por fraude",
            ),
            _reason(320, _REVOKE, "吊销", "吊銷", "Revoked as a penalty", "Revogada como sanção"),
            _reason(
                330,
                _REVOKE,
                "注销（有效期届满未延续）",
                "註銷（有效期屆滿未延續）",
                "Cancelled: expired",
                "Cancelada: caducada",
            ),
            _reason(
                331,
                _REVOKE,
                "注销（依申请）",
                "註銷（依申請）",
                "Cancelled on request",
                "Cancelada a pedido",
            ),
            _reason(
                332,
                _REVOKE,
                "注销（死亡或丧失行为能力）",
                "註銷（死亡或喪失行為能力）",
                "Cancelled: death or incapacity",
                "Cancelada: morte ou incapacidade",
            ),
            _reason(
                333,
                _REVOKE,
                "注销（法人或其他组织终止）",
                "註銷（法人或其他組織終止）",
                "Cancelled: the entity ended",
                "Cancelada: extinção da entidade",
            ),
            _reason(
                334,
                _REVOKE,
                "注销（不可抗力）",
                "註銷（不可抗力）",
                "Cancelled: force majeure",
                "Cancelada: força maior",
            ),
            _reason(
                335,
                _REVOKE,
                "注销（其他）",
                "註銷（其他）",
                "Cancelled: other ground",
                "Cancelada: outro motivo",
            ),
            _reason(340, _REVOKE, "撤回", "撤回", "Withdrawn", "Retirada"),
            _reason(
                350,
                _REVOKE,
                "签发错误",
                "簽發錯誤",
                "Issued in error, never delivered",
                "Emitida por erro, nunca entregue",
            ),
            _reason(401, _REPLACE, "延续", "延續", "Renewed", "Renovada"),
            _reason(402, _REPLACE, "变更", "變更", "Changed", "Alterada"),
            _reason(
                403, _REPLACE, "补发", "補發", "Replaced after loss", "Substituída por extravio"
            ),
            _reason(404, _REPLACE, "转入", "轉入", "Transferred in", "Transferida"),
            _reason(405, _REPLACE, "更正", "更正", "Corrected", "Corrigida"),
            _reason(406, _REPLACE, "换发", "換發", "Reissued", "Reemitida"),
        )
    )
)


def reason_of(code: int) -> Reason:
    """Return the reason with a code; raise `ReasonUnknown`."""
    try:
        return REASONS[code]
    except KeyError as exc:
        raise ReasonUnknown(code) from exc


def reasons_for(status: Status) -> tuple[Reason, ...]:
    """Return the reasons that lead to a status, by code."""
    return tuple(reason for reason in REASONS.values() if reason.status is status)
