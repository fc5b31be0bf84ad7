from pathlib import Path

from api.config import Settings
from api.parts import Parts
from api.services.health_keys import HealthKeyMissing, HealthKeys
from ledger import age
from ledger.values import AgencyId

AGENCY = AgencyId(b"\xaa" * 32)


def parts(folder: Path) -> Parts:
    (folder / "password").write_text("sample\n")
    return Parts(Settings(keys=folder, password_file=folder / "password"))


def test_the_secret_is_made_once_and_opens_what_it_sealed(tmp_path: Path) -> None:
    made = parts(tmp_path)
    assert made.make_health_secret()
    assert not made.make_health_secret()
    assert {path.name for path in tmp_path.iterdir()} == {"password", "health.json"}
    assert (tmp_path / "health.json").stat().st_mode & 0o777 == 0o600
    keys, again = made.health_keys, parts(tmp_path).health_keys
    row = keys.seal_row({"name": "sample"}, b"r" * 16)
    assert again.open_row(row, b"r" * 16) == {"name": "sample"}
    sealed = age.seal(b"carried", again.recipient(AGENCY), made.randomness)
    assert keys.unseal(AGENCY, sealed) == b"carried"


def test_without_it_nothing_is_opened(tmp_path: Path) -> None:
    keys: HealthKeys = parts(tmp_path).health_keys
    for ask in (lambda: keys.recipient(AGENCY), lambda: keys.open_row(b"", b"")):
        try:
            ask()
        except HealthKeyMissing:
            continue
        raise AssertionError
