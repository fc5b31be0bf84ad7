"""What the store refuses, for the floor above: routes declare it, and may not import the store."""

from api.store.changes import ChangePending, ChangeUnknown
from api.store.licences import CursorMalformed, ExternalIdTaken, IndexTaken, LicenceIdTaken
from api.store.lists import ListTokenUnknown
from api.store.records import RecordUnknown
from api.store.sign_ins import NonceUnknown, SessionUnknown

__all__ = [
    "ChangePending",
    "ChangeUnknown",
    "CursorMalformed",
    "ExternalIdTaken",
    "IndexTaken",
    "LicenceIdTaken",
    "ListTokenUnknown",
    "NonceUnknown",
    "RecordUnknown",
    "SessionUnknown",
]
