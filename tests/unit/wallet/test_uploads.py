import hashlib
from pathlib import Path

import pytest

from wallet import uploads
from wallet.home import FileMissing, FileUnreadable
from wallet.uploads import (
    KEPT_SECONDS,
    Upload,
    UploadBody,
    UploadFile,
    UploadTooLarge,
    order_of,
)

NOW = 1_800_000_000
FIRST = Upload("k" * 32, NOW)


class TestBody:
    def test_is_the_file_each_time(self, tmp_path: Path) -> None:
        content = bytes(range(256)) * 4096
        told: list[tuple[int, int]] = []
        path = tmp_path / "many.csv"
        path.write_bytes(content)
        body = UploadBody(path, lambda done, size: told.append((done, size)))
        assert [b"".join(body), b"".join(body)] == [content, content]
        assert told[-1] == (len(content), len(content))
        assert body.digest == hashlib.sha256(content).hexdigest()

    def test_is_refused_where_there_is_none(self, tmp_path: Path) -> None:
        with pytest.raises(FileMissing):
            UploadBody(tmp_path / "none.csv")

    def test_that_goes_away_says_so(self, tmp_path: Path) -> None:
        path = tmp_path / "many.csv"
        path.write_bytes(b"x")
        body = UploadBody(path)
        path.unlink()
        with pytest.raises(FileMissing):
            list(body)
        path.mkdir()
        with pytest.raises(FileUnreadable):
            list(body)

    def test_is_bounded(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(uploads, "MOST_BYTES", 3)
        path = tmp_path / "many.csv"
        path.write_bytes(b"abc")
        assert UploadBody(path).size == 3
        path.write_bytes(b"abcd")
        with pytest.raises(UploadTooLarge):
            UploadBody(path)


class TestFile:
    def test_keeps_an_order_until_it_is_forgotten(self, tmp_path: Path) -> None:
        kept = UploadFile(tmp_path)
        order = order_of("http://service", "officer", "/v1", "text/csv", "00")
        assert kept.find(order, NOW) is None
        kept.keep(order, FIRST)
        assert UploadFile(tmp_path).find(order, NOW + 1) == FIRST
        kept.keep(order, Upload(FIRST.key, NOW, "0x01"))
        found = kept.find(order, NOW)
        assert found is not None
        assert found.job == "0x01"
        assert kept.find(order_of("http://service", "officer"), NOW) is None
        kept.forget(order, NOW)
        kept.forget(order, NOW)
        assert kept.find(order, NOW) is None

    def test_lets_go_of_what_the_service_has_forgotten(self, tmp_path: Path) -> None:
        kept = UploadFile(tmp_path)
        kept.keep("order", FIRST)
        assert kept.find("order", NOW + KEPT_SECONDS - 1) == FIRST
        assert kept.find("order", NOW + KEPT_SECONDS) is None
        kept.keep("other", Upload(FIRST.key, NOW + KEPT_SECONDS))
        assert b'"order"' not in (tmp_path / uploads.FILE).read_bytes()

    @pytest.mark.parametrize(
        "content", ["{", "[]", '{"order": {"key": 7, "at": 1}}', '{"order": 5}']
    )
    def test_of_another_shape_holds_nothing(self, tmp_path: Path, content: str) -> None:
        (tmp_path / uploads.FILE).write_text(content)
        assert UploadFile(tmp_path).find("order", NOW) is None

    def test_is_private_and_names_nobody(self, tmp_path: Path) -> None:
        order = order_of("http://service", "officer", "/v1/agencies/CN-GD/secret", "00")
        UploadFile(tmp_path).keep(order, FIRST)
        path = tmp_path / uploads.FILE
        assert path.stat().st_mode & 0o777 == 0o600
        assert not any(word in path.read_text() for word in ("secret", "officer"))
