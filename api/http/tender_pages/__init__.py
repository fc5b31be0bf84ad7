"""A tender as a page for whoever opens its address in a browser: one JSON of texts a language."""

from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

import orjson
from fastapi import Response

from api.http.forms import rfc3339
from api.http.plain_pages import plain_page
from api.http.schemas.tenders import OpeningAnswer, PartAnswer, TenderAnswer
from ledger.tenders.calendar import Calendar
from ledger.tenders.policy.calendars import calendar_under

VARY: Final = "Accept, Accept-Language"
_ENDS: Final = ("submit_end", "list_end", "disclose_end", "release_end", "fallback_end")
_OPEN: Final = "OPEN"


def page_of(told: TenderAnswer, language: str) -> Response:
    """Return the page of a tender in one of our languages: what is at stake, and until when.

    Ends are in local time of the tender's calendar and in UTC; local time is left out where the
    policy's calendar does not come with the ledger.
    """
    name = told.agency.name
    return plain_page(language, name, "".join(_main(told, texts_in(language), language)), VARY)


@cache
def texts_in(language: str) -> Mapping[str, Mapping[str, str]]:
    """Return a language's `labels`, `ends` and `phases`."""
    return MappingProxyType(orjson.loads((files(__name__) / f"{language}.json").read_bytes()))


def _main(told: TenderAnswer, texts: Mapping[str, Any], language: str) -> Iterator[str]:
    labels, calendar = texts["labels"], calendar_under(told.policy)
    yield f"<h1>{escape(told.agency.name)}</h1>"
    yield f"<p>{labels['tender']}: <code>0x{told.id.hex()}</code></p>"
    yield f"<p>{labels['published']}: {_moment(told.published_at, calendar)}</p>"
    if told.suspension is not None:
        since = _moment(told.suspension.since, calendar)
        yield f"<p><strong>{labels['hold'].format(since=since)}</strong></p>"
    yield f"<h2>{labels['lots']}</h2>"
    rows = ((str(each.lot), texts["phases"][each.phase]) for each in told.lots)
    yield _table((labels["lot"], labels["phase"]), rows)
    yield f"<h2>{labels['times']}</h2>"
    for part in told.parts:
        yield from _times(part, texts, calendar)
    yield from _openings(told, labels)
    if told.objections or told.complaints:
        counts = {
            "objections": len(told.objections),
            "open": sum(each.outcome == _OPEN for each in told.objections),
            "complaints": len(told.complaints),
        }
        yield f"<h2>{labels['disputes']}</h2><p>{labels['counts'].format(**counts)}</p>"
    items = "".join(f"<li>{escape(risk.text[language])}</li>" for risk in told.risks)
    yield f"<h2>{labels['risks']}</h2><ul>{items}</ul><p>{labels['machine']}</p>"


def _times(part: PartAnswer, texts: Mapping[str, Any], calendar: Calendar | None) -> Iterator[str]:
    labels = texts["labels"]
    yield f"<h3>{labels['part'].format(part=part.part)}</h3>"
    if part.ends is None:
        yield f"<p>{labels['unscheduled']}</p>"
        return
    ends = ((name, getattr(part.ends, name)) for name in _ENDS)
    rows = ((texts["ends"][name], *_end(at, calendar)) for name, at in ends if at is not None)
    local = labels["local"] if calendar is None else _local(labels["local"], calendar.zone.key)
    yield _table((labels["end"], local, labels["utc"]), rows)


def _local(label: str, zone: str) -> str:
    return f"{label} ({escape(zone).replace('/', '/<wbr>')})"


def _openings(told: TenderAnswer, labels: Mapping[str, str]) -> Iterator[str]:
    found = [(lot.lot, each) for lot in told.lots for each in lot.openings]
    if found:
        items = "".join(_opening(lot, each, labels) for lot, each in found)
        yield f"<h2>{labels['openings']}</h2><ul>{items}</ul>"


def _opening(lot: int, told: OpeningAnswer, labels: Mapping[str, str]) -> str:
    said = labels["opening"].format(lot=lot, part=told.part, opened=told.opened)
    signed = told.co_signatures or []
    names = ", ".join(escape(each.name or each.signer) for each in signed)
    by = f"{labels['co_signers']}: {names}" if names else labels["nobody"]
    return f"<li>{said} <code>{told.digest.hex()}</code>; {by}</li>"


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    told = "".join(f'<th scope="col">{each}</th>' for each in head)
    lines = "".join("<tr>" + "".join(f"<td>{each}</td>" for each in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{told}</tr></thead><tbody>{lines}</tbody></table>"


def _moment(at: int, calendar: Calendar | None) -> str:
    """Return a moment in local time where the zone is known, and in UTC."""
    if calendar is None:
        return rfc3339(at)
    shown = calendar.shown(at)
    return f"{shown.day} {shown.clock} {shown.zone} = {shown.utc}"


def _end(at: int, calendar: Calendar | None) -> tuple[str, str]:
    """Return an end in local time, empty where nobody knows the zone, and in UTC, without it."""
    utc = _time(*rfc3339(at).removesuffix("Z").split("T"))
    if calendar is None:
        return "", utc
    shown = calendar.shown(at, is_end=True)
    return _time(shown.day, shown.clock), utc


def _time(day: str, clock: str) -> str:
    """Return day and clock as what breaks between them alone."""
    return f"<time>{day}</time> <time>{clock}</time>"
