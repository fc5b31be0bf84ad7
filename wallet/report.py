"""A verification report as a person reads it at a terminal, in one of four languages."""

from collections.abc import Sequence
from typing import Final

from ledger.values import Status
from ledger.verification.check import Report, Result, Verdict, sentence
from ledger.verification.evidence import Source, Unreachable
from wallet.console import age, say, when

STYLES: Final = {
    Verdict.VALID: "bold green",
    Verdict.INVALID: "bold red",
    Verdict.UNCONFIRMED: "bold yellow",
}
MARKS: Final = {Result.VALID: "+", Result.INVALID: "x", Result.ERROR: "?", Result.SKIPPED: "-"}
WORDS: Final[dict[str, dict[Verdict | str, str]]] = {
    "zh-Hans": {
        Verdict.VALID: "有效",
        Verdict.INVALID: "无效",
        Verdict.UNCONFIRMED: "无法确认",
        "warning": "注意",
        "head": "账本区块 {block}（{time}），{age} 前读取",
        "bundle": "离线数据包，账本区块 {block}（{time}），签发于 {age} 前",
        "nothing": "未能读取账本：{reason}",
        "then": "当时可知的状态：{status}；后来才上链的变更，当时无人可知。",
        "VALID": "有效",
        "SUSPENDED": "暂扣",
        "SUPERSEDED": "已被替代",
        "REVOKED": "失去效力",
    },
    "zh-Hant": {
        Verdict.VALID: "有效",
        Verdict.INVALID: "無效",
        Verdict.UNCONFIRMED: "無法確認",
        "warning": "注意",
        "head": "帳本區塊 {block}（{time}），{age} 前讀取",
        "bundle": "離線資料包，帳本區塊 {block}（{time}），簽發於 {age} 前",
        "nothing": "未能讀取帳本：{reason}",
        "then": "當時可知的狀態：{status}；後來才上鏈的變更，當時無人可知。",
        "VALID": "有效",
        "SUSPENDED": "暫扣",
        "SUPERSEDED": "已被替代",
        "REVOKED": "失去效力",
    },
    "en": {
        Verdict.VALID: "VALID",
        Verdict.INVALID: "INVALID",
        Verdict.UNCONFIRMED: "UNCONFIRMED",
        "warning": "Note",
        "head": "Ledger block {block} of {time}, read {age} ago",
        "bundle": "Offline bundle, ledger block {block} of {time}, signed {age} ago",
        "nothing": "The ledger was not read: {reason}",
        "then": "Known at that time: {status}. The ledger learnt of the change later.",
        "VALID": "in force",
        "SUSPENDED": "suspended",
        "SUPERSEDED": "replaced",
        "REVOKED": "no longer in force",
    },
    "pt": {
        Verdict.VALID: "VÁLIDO",
        Verdict.INVALID: "INVÁLIDO",
        Verdict.UNCONFIRMED: "NÃO CONFIRMADO",
        "warning": "Nota",
        "head": "Bloco {block} do registo, de {time}, lido há {age}",
        "bundle": "Pacote sem ligação, bloco {block} do registo, de {time}, assinado há {age}",
        "nothing": "O registo não foi lido: {reason}",
        "then": "Sabido nessa altura: {status}. A alteração só chegou ao registo depois.",
        "VALID": "em vigor",
        "SUSPENDED": "suspensa",
        "SUPERSEDED": "substituída",
        "REVOKED": "já não em vigor",
    },
}


_EFFECTIVE: Final = {
    "status.valid": Status.VALID.name,
    "status.suspension-ended": Status.VALID.name,
    "status.suspended": Status.SUSPENDED.name,
    "status.superseded": Status.SUPERSEDED.name,
}
"""Status that a code of check 5 stands for; every other one is a way of being revoked."""


def print_report(report: Report, language: str, now: int) -> None:
    """Print verdict, checks, warnings and the ledger's head for a person."""
    words = WORDS[language]
    say(words[report.verdict], style=STYLES[report.verdict])
    for name, check in zip(report.names, report.checks, strict=True):
        said = sentence(check, language)
        say(f"{MARKS[check.result]} {check.number} {name:<9} {said} [{check.code}]")
        known_then = check.facts.get("knownThen")
        if known_then is not None and known_then != _EFFECTIVE.get(check.code, Status.REVOKED.name):
            say(f"  {words['then'].format(status=words[str(known_then)])}")
    for warning in report.warnings:
        say(f"! {words['warning']}: {sentence(warning, language)} [{warning.code}]")
    say(_head(report, words, now), style="dim")


def _head(report: Report, words: dict[Verdict | str, str], now: int) -> str:
    reading = report.reading
    if isinstance(reading, Unreachable):
        return words["nothing"].format(reason=reading.reason)
    shown = words["bundle" if reading.source is Source.BUNDLE else "head"]
    return shown.format(
        block=reading.block, time=when(reading.block_time), age=age(now - reading.read_at)
    )


def language_of(environment: Sequence[str]) -> str:
    """Return the language that LC_ALL, LC_MESSAGES or LANG asks for, English by default."""
    name = next((value for value in environment if value), "").replace("-", "_").lower()
    if name.startswith("zh"):
        return (
            "zh-Hant" if any(part in name for part in ("hant", "_tw", "_hk", "_mo")) else "zh-Hans"
        )
    return "pt" if name.startswith("pt") else "en"
