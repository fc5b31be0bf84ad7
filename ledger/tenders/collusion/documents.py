"""What PDF and DOCX files say of themselves: text, pictures, who made them with what.

A stranger's file may be anything. Whatever cannot be read is said to be unreadable, with the
reason; nothing raises, and nothing above the bounds is unpacked.
"""

import io
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

import docx
import pypdf
from docx.document import Document
from docx.oxml.ns import qn

from ledger.tenders.collusion.traits import Traits

MAX_BYTES: Final = 256 * 2**20
"""The largest file that is looked into; larger ones are compared as a whole (proposed)."""
MAX_UNPACKED: Final = 2**29
"""How much a DOCX may unpack to (proposed)."""
MAX_MEMBERS: Final = 10_000
MAX_PAGES: Final = 5_000
MAX_CHARACTERS: Final = 4_000_000
"""As much text of one file is compared (proposed)."""
MAX_IMAGES: Final = 5_000
_PDF: Final = b"%PDF-"
_ZIP: Final = b"PK\x03\x04"
_MEDIA: Final = "/word/media/"
"""Where a DOCX has its pictures; its thumbnail, which templates bring along, lies elsewhere."""


def read(content: bytes) -> Traits:
    """Return what a file says of itself; of other kinds than PDF and DOCX nothing."""
    if len(content) > MAX_BYTES:
        return Traits(unreadable="too large")
    if content[:1024].lstrip().startswith(_PDF):
        return _read(_pdf, content)
    if content.startswith(_ZIP):
        return _read(_docx, content)
    return Traits()


def _read(reader: Any, content: bytes) -> Traits:
    try:
        found: Traits = reader(content)
    except Exception as error:  # noqa: BLE001  # readers of strangers' files raise whatever they meet
        return Traits(unreadable=type(error).__name__)
    return found


def _pdf(content: bytes) -> Traits:
    reader = pypdf.PdfReader(io.BytesIO(content))
    if reader.is_encrypted:
        return Traits(unreadable="encrypted")
    if len(reader.pages) > MAX_PAGES:
        return Traits(unreadable="too many pages")
    told: Any = reader.metadata or {}
    named = (("author", "/Author"), ("creator", "/Creator"), ("producer", "/Producer"))
    makers = {(kind, str(told[name])) for kind, name in named if told.get(name)}
    texts, length = [], 0
    for page in reader.pages:
        text = page.extract_text()
        texts.append(text)
        length += len(text)
        if length > MAX_CHARACTERS:
            break
    images = {digest for page in reader.pages for digest in _pictures(page)}
    return Traits("\n".join(texts)[:MAX_CHARACTERS], frozenset(makers), frozenset(images))


def _pictures(page: Any) -> Iterator[str]:
    """Yield the digests of a page's pictures: JPEG as it was put in, others as their pixels."""
    objects = _member(_member(page, "/Resources"), "/XObject")
    for name in list(objects or ())[:MAX_IMAGES]:
        found = _member(objects, name)
        if found.get("/Subtype") == "/Image":
            yield sha256(found.get_data()).hexdigest()


def _member(parent: Any, name: str) -> Any:
    """Return what a dictionary of a PDF holds under a name, references followed; None for none."""
    found = None if parent is None else parent.get(name)
    return None if found is None else found.get_object()


def _docx(content: bytes) -> Traits:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > MAX_UNPACKED or len(members) > MAX_MEMBERS:
            return Traits(unreadable="too large")
        if "word/document.xml" not in {member.filename for member in members}:
            return Traits()  # some other archive, which says nothing of itself
    found = docx.Document(io.BytesIO(content))
    properties = found.core_properties
    makers = {("author", properties.author), ("editor", properties.last_modified_by)}
    parts = list(found.part.package.iter_parts())
    images = [part.blob for part in parts if str(part.partname).startswith(_MEDIA)]
    return Traits(
        "\n".join(_paragraphs(found))[:MAX_CHARACTERS],
        frozenset((kind, value) for kind, value in makers if value),
        frozenset(sha256(blob).hexdigest() for blob in images[:MAX_IMAGES]),
        frozenset(_rsids(found)),
    )


def _paragraphs(found: Document) -> Iterator[str]:
    """Yield the text of every paragraph, those in tables included, in the order of the file."""
    for paragraph in found.element.body.iter(qn("w:p")):
        yield "".join(node.text or "" for node in paragraph.iter(qn("w:t")))


def _rsids(found: Document) -> Iterator[str]:
    for node in found.settings.element.iter(qn("w:rsid"), qn("w:rsidRoot")):
        value = node.get(qn("w:val"))
        if value:
            yield str(value).upper()
