"""Papers of made-up bidders: PDF and DOCX files, and texts that are copied more or less."""

import io
import random
from collections.abc import Sequence

import docx
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import (
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
)

PIXELS = bytes(range(48))
SENTENCE = 40
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _picture() -> bytes:
    file = io.BytesIO()
    Image.frombytes("RGB", (4, 4), PIXELS).save(file, "PNG")
    return file.getvalue()


PICTURE = _picture()


def pdf_file(
    text: str,
    *,
    author: str = "",
    producer: str = "",
    image: bool = False,
    password: str = "",
) -> bytes:
    """Return a PDF of one page with a line of ASCII."""
    writer = PdfWriter()
    page = writer.add_blank_page(200, 200)
    content = DecodedStreamObject()
    content.set_data(f"BT /F1 12 Tf 10 100 Td ({text}) Tj ET".encode())
    page[NameObject("/Contents")] = writer._add_object(content)  # noqa: SLF001  # its only way in
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    resources = DictionaryObject({NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})})
    if image:
        drawn = DictionaryObject({NameObject("/Im0"): writer._add_object(_pixels())})  # noqa: SLF001  # as above
        resources[NameObject("/XObject")] = drawn
    page[NameObject("/Resources")] = resources
    told = {"/Author": author, "/Producer": producer}
    writer.metadata = {name: value for name, value in told.items() if value}
    if password:
        writer.encrypt(password, algorithm="AES-256")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def word_file(
    paragraphs: Sequence[str],
    *,
    author: str = "",
    editor: str = "",
    rsids: Sequence[str] = (),
    image: bool = False,
) -> bytes:
    """Return a DOCX."""
    made = docx.Document()
    for paragraph in paragraphs:
        made.add_paragraph(paragraph)
    if image:
        made.part.package.get_or_add_image_part(io.BytesIO(PICTURE))
        made.part.relate_to(
            made.part.package.get_or_add_image_part(io.BytesIO(PICTURE)),
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image",
        )
    made.core_properties.author = author
    made.core_properties.last_modified_by = editor
    settings = made.settings.element
    for old in settings.findall(qn("w:rsids")):
        settings.remove(old)
    held = OxmlElement("w:rsids")
    for rsid in rsids:
        node = OxmlElement("w:rsid")
        node.set(qn("w:val"), rsid)
        held.append(node)
    settings.append(held)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def prose(seed: str, sentences: int = 200) -> list[str]:
    """Return made-up sentences; another seed gives others."""
    chance = random.Random(seed)  # noqa: S311  # made-up text, the same every time
    return ["".join(chance.choices(_LETTERS, k=SENTENCE)) for _ in range(sentences)]


def copied(original: Sequence[str], share: float, seed: str) -> list[str]:
    """Return a text of which a share is the original's and the rest its own."""
    kept = round(len(original) * share)
    return [*original[:kept], *prose(seed, len(original) - kept)]


def _pixels() -> StreamObject:
    found = DecodedStreamObject()
    found.set_data(PIXELS)
    found.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Image"),
            NameObject("/Width"): NumberObject(4),
            NameObject("/Height"): NumberObject(4),
            NameObject("/ColorSpace"): NameObject("/DeviceRGB"),
            NameObject("/BitsPerComponent"): NumberObject(8),
        }
    )
    return found
