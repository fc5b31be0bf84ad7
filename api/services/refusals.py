"""What the store refuses, for the floor above: routes declare it, and may not import the store."""

from api.blobs.store import BlobUnknown
from api.store.bid_messages import BidMessageUnknown
from api.store.bid_uploads import (
    BidSpaceFull,
    BidUploadFinished,
    BidUploadUnknown,
    TooManyBidUploads,
)
from api.store.change_sets import ChangeSetSettled, ChangeSetStale, ChangeSetUnknown
from api.store.changes import ChangePending, ChangeUnknown
from api.store.cursors import CursorMalformed
from api.store.custody_alerts import AlertMoved, AlertRow, AlertUnknown
from api.store.custody_exemptions import (
    ExemptionAction,
    ExemptionMoved,
    ExemptionTaken,
    ExemptionUnknown,
)
from api.store.custody_places import PlaceOfAnotherKind, PlacePage, PlaceUnknown
from api.store.custody_trips import (
    TripErased,
    TripLive,
    TripMoved,
    TripRow,
    TripTaken,
    TripUnknown,
)
from api.store.foreign import Revoked, TransferSpent
from api.store.gate_bundles import GateFileUnknown
from api.store.health_appeals import AppealAnswered, AppealUnknown
from api.store.health_holders import HolderChanged
from api.store.health_passes import ChallengeUnknown, ConsentUsed
from api.store.health_scan_counts import PortHour
from api.store.health_scans import (
    ErasureRow,
    ErasureUnknown,
    ScanEntry,
    ScanErased,
    ScanSpent,
    ScanTaken,
    ScanUnknown,
)
from api.store.health_segments import SegmentUnknown
from api.store.licences import (
    ExternalIdTaken,
    IndexTaken,
    LicenceIdTaken,
    PredecessorReplaced,
)
from api.store.lists import ListTokenUnknown
from api.store.mailboxes import MailboxLeafTaken, MailboxMessageUnknown, MailboxOverrun
from api.store.recognitions import DomesticPolicyOutdated
from api.store.records import RecordUnknown
from api.store.selections import TooManyLicences
from api.store.sign_ins import NonceUnknown, SessionUnknown
from api.store.tender_filings import FilingUnknown, TooManyFilings
from api.store.tender_papers import TenderSpaceFull

__all__ = [
    "AlertMoved",
    "AlertRow",
    "AlertUnknown",
    "AppealAnswered",
    "AppealUnknown",
    "BidMessageUnknown",
    "BidSpaceFull",
    "BidUploadFinished",
    "BidUploadUnknown",
    "BlobUnknown",
    "ChallengeUnknown",
    "ChangePending",
    "ChangeSetSettled",
    "ChangeSetStale",
    "ChangeSetUnknown",
    "ChangeUnknown",
    "ConsentUsed",
    "CursorMalformed",
    "DomesticPolicyOutdated",
    "ErasureRow",
    "ErasureUnknown",
    "ExemptionAction",
    "ExemptionMoved",
    "ExemptionTaken",
    "ExemptionUnknown",
    "ExternalIdTaken",
    "FilingUnknown",
    "GateFileUnknown",
    "HolderChanged",
    "IndexTaken",
    "LicenceIdTaken",
    "ListTokenUnknown",
    "MailboxLeafTaken",
    "MailboxMessageUnknown",
    "MailboxOverrun",
    "NonceUnknown",
    "PlaceOfAnotherKind",
    "PlacePage",
    "PlaceUnknown",
    "PortHour",
    "PredecessorReplaced",
    "RecordUnknown",
    "Revoked",
    "ScanEntry",
    "ScanErased",
    "ScanSpent",
    "ScanTaken",
    "ScanUnknown",
    "SegmentUnknown",
    "SessionUnknown",
    "TenderSpaceFull",
    "TooManyBidUploads",
    "TooManyFilings",
    "TooManyLicences",
    "TransferSpent",
    "TripErased",
    "TripLive",
    "TripMoved",
    "TripRow",
    "TripTaken",
    "TripUnknown",
]
