import io
import tarfile
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tenders.packages import (
    MAX_DEPTH,
    FileChanged,
    Member,
    PackageMalformed,
    PathRefused,
    Unpacked,
    packed,
    packed_size,
    require_distinct,
    require_path,
    unpack,
)

CONTENT = {"a.txt": b"one", "技术/施工方案.pdf": b"two" * 400, "d/" + "x" * 200: b""}


def members(content: dict[str, bytes]) -> list[Member]:
    def pieces(octets: bytes) -> Iterator[bytes]:
        yield octets

    return [
        Member(path, len(octets), lambda octets=octets: pieces(octets))  # type: ignore[misc]  # a default binds it
        for path, octets in content.items()
    ]


def archive(content: dict[str, bytes] | None = None) -> bytes:
    return b"".join(packed(members(CONTENT if content is None else content)))


def taken(octets: bytes, size: int = 4096) -> dict[str, bytes]:
    sinks: dict[int, io.BytesIO] = {}

    def receive(number: int, _path: str, _size: int) -> io.BytesIO:
        return sinks.setdefault(number, io.BytesIO())

    pieces = (octets[at : at + size] for at in range(0, len(octets), size))
    found: list[Unpacked] = unpack(pieces, receive)
    return {each.path: sinks[each.number].getvalue() for each in found}


def foreign(*infos: tarfile.TarInfo, form: int = tarfile.PAX_FORMAT) -> bytes:
    """An archive by Python's own writer."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for info in infos:
            tar.addfile(info, io.BytesIO(bytes(info.size)))
    return out.getvalue()


def info(name: str, kind: bytes = tarfile.REGTYPE, **values: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type = kind
    for key, value in values.items():
        setattr(made, key, value)
    return made


class TestPacked:
    def test_is_a_tar_that_others_read(self) -> None:
        with tarfile.open(fileobj=io.BytesIO(archive())) as tar:
            for each in tar:
                read = tar.extractfile(each)
                assert read is not None
                assert read.read() == CONTENT[each.name]
                assert (each.uid, each.gid, each.mtime, each.mode) == (0, 0, 0, 0o644)

    def test_is_as_long_as_was_said(self) -> None:
        assert packed_size(members(CONTENT)) == len(archive())

    @pytest.mark.parametrize("octets", [b"longer than said", b""])
    def test_notices_a_file_that_changed(self, octets: bytes) -> None:
        with pytest.raises(FileChanged):
            list(packed([Member("a", 3, lambda: [octets])]))


class TestUnpack:
    @given(st.integers(1, 5000))
    def test_gives_back_what_was_packed(self, size: int) -> None:
        assert taken(archive() + bytes(10_000), size) == CONTENT

    def test_reads_what_others_pack(self) -> None:
        octets = foreign(info("a", size=3), info("文件", size=700, mtime=1.5, uname="me"))
        assert taken(octets) == {"a": bytes(3), "文件": bytes(700)}

    @pytest.mark.parametrize(
        "kind",
        [
            *(tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE),
            *(tarfile.FIFOTYPE, tarfile.CONTTYPE, tarfile.GNUTYPE_SPARSE),
        ],
    )
    def test_takes_regular_files_only(self, kind: bytes) -> None:
        with pytest.raises(PackageMalformed):
            taken(foreign(info("a", kind, linkname="/etc/passwd")))

    @pytest.mark.parametrize(
        "octets",
        [
            b"",
            b"no tar" * 200,
            archive()[:-1024],
            archive()[:600],
            archive() + b"\x01",
            archive() + archive(),
            foreign(info("x" * 200), form=tarfile.GNU_FORMAT),
            foreign(info("a", pax_headers={"path": "b", "SCHILY.xattr.user": "x"})),
            foreign(info("a", pax_headers={"GNU.sparse.major": "1"})),
        ],
        ids=["empty", "text", "no end", "cut", "more", "two", "gnu", "xattr", "sparse"],
    )
    def test_refuses_what_is_no_plain_archive(self, octets: bytes) -> None:
        with pytest.raises(PackageMalformed):
            taken(octets)

    @pytest.mark.parametrize(
        "name", ["../a", "/a", "a/../b", "a//b", "./a", "a\\b", "a\nb", "a/", " a", "a\u0301"]
    )
    def test_refuses_paths_that_lead_elsewhere(self, name: str) -> None:
        with pytest.raises((PathRefused, PackageMalformed)):
            taken(foreign(info(name)))

    @pytest.mark.parametrize(
        ("kept", "refused"),
        [
            ("价" * 85, "价" * 85 + "a"),
            ("d/" * (MAX_DEPTH - 1) + "a", "d/" * MAX_DEPTH + "a"),
            (("d" * 63 + "/") * 15 + "a" * 64, ("d" * 63 + "/") * 15 + "a" * 65),
        ],
        ids=["a name that no disk takes", "folders without end", "too long"],
    )
    def test_refuses_paths_that_whoever_opens_the_bid_could_not_write(
        self, kept: str, refused: str
    ) -> None:
        assert list(taken(foreign(info(kept)))) == [kept]
        with pytest.raises(PathRefused):
            taken(foreign(info(refused)))

    def test_refuses_a_path_that_an_extended_header_smuggles_in(self) -> None:
        with pytest.raises(PathRefused):
            taken(foreign(info("a", pax_headers={"path": "../a"})))

    @pytest.mark.parametrize("names", [("a", "a"), ("a", "A"), ("a", "a/b"), ("d/A", "D/a/b")])
    def test_refuses_two_files_in_one_place(self, names: tuple[str, str]) -> None:
        with pytest.raises(PathRefused):
            taken(foreign(*map(info, names)))

    @given(st.binary(max_size=3000))
    def test_whatever_comes_is_refused_by_name(self, octets: bytes) -> None:
        with pytest.raises((PackageMalformed, PathRefused)):
            taken(octets + b"\x01")

    @given(st.integers(0, 3000), st.integers(0, 255))
    def test_a_changed_header_is_refused_or_harmless(self, place: int, value: int) -> None:
        octets = bytearray(archive())
        octets[place % len(octets)] = value
        try:
            found = taken(bytes(octets))
        except (PackageMalformed, PathRefused):
            return
        for path in found:
            require_path(path)


class TestRequireDistinct:
    def test_passes_neighbours(self) -> None:
        require_distinct(["a", "b", "d/a", "d/b", "ab"])
