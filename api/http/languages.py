"""Which of our languages a reader's browser asks for (RFC 9110 §12.5.4)."""

from typing import Final

_ELSE: Final = "en"
"""For whoever asks for none of them, as on the page that verifies."""
_TRADITIONAL: Final = ("zh-hant", "zh-tw", "zh-hk", "zh-mo")


def language_of(accept_language: str) -> str:
    """Return the one of `ledger.tenders.risks.LANGUAGES` that is asked for most.

    Of equals it is the one named first.

    Parts of the header that are malformed are passed over.
    """
    asked = [_asked(part) for part in accept_language.split(",")]
    known = [(weight, language) for weight, language in asked if language and weight > 0]
    return max(known, key=lambda each: each[0], default=(0.0, _ELSE))[1]


def _asked(part: str) -> tuple[float, str]:
    """Return weight and language of a part; no language where it is none of ours."""
    tag, _, parameter = part.strip().lower().partition(";")
    name, _, value = parameter.strip().partition("=")
    try:
        weight = float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0, ""
    return weight, _ours(tag.strip())


def _ours(tag: str) -> str:
    if tag.startswith(_TRADITIONAL):
        return "zh-Hant"
    return {"zh": "zh-Hans", "en": "en", "pt": "pt"}.get(tag.partition("-")[0], "")
