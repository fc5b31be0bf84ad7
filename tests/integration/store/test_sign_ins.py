import pytest
from sqlalchemy import select

from api.store.database import Database
from api.store.sign_ins import NonceUnknown, Session, SessionUnknown, SignInStore
from api.store.tables import sessions
from tests.support.issued import ACCOUNT, TARGET

SESSION = Session(ACCOUNT, 1000, 2000)


@pytest.fixture
def store(database: Database) -> SignInStore:
    store = SignInStore(database)
    store.give_nonce("n1", ACCOUNT, 900)
    return store


class TestOpen:
    def test_burns_the_nonce(self, store: SignInStore) -> None:
        store.open("token", SESSION, "n1", nonce_not_before=700)
        assert store.session("token", 1999) == SESSION
        with pytest.raises(NonceUnknown):
            store.open("another", SESSION, "n1", nonce_not_before=700)
        with pytest.raises(SessionUnknown):
            store.session("another", 1500)

    @pytest.mark.parametrize(
        ("session", "nonce", "not_before"),
        [
            (SESSION, "n2", 700),
            (SESSION, "n1", 901),
            (Session(TARGET, 1000, 2000), "n1", 700),
        ],
    )
    def test_refuses_nonces_unknown_old_or_anothers(
        self, store: SignInStore, session: Session, nonce: str, not_before: int
    ) -> None:
        with pytest.raises(NonceUnknown):
            store.open("token", session, nonce, nonce_not_before=not_before)
        with pytest.raises(SessionUnknown):
            store.session("token", 1500)

    def test_keeps_no_token(self, store: SignInStore, database: Database) -> None:
        store.open("token", SESSION, "n1", nonce_not_before=700)
        with database.read() as connection:
            (row,) = connection.execute(select(sessions)).all()
        assert b"token" not in b"".join(value for value in row if isinstance(value, bytes))


class TestSession:
    def test_ends_at_its_second(self, store: SignInStore) -> None:
        store.open("token", SESSION, "n1", nonce_not_before=700)
        with pytest.raises(SessionUnknown):
            store.session("token", 2000)

    def test_ends_when_closed(self, store: SignInStore) -> None:
        store.open("token", SESSION, "n1", nonce_not_before=700)
        store.close("token")
        store.close("token")
        with pytest.raises(SessionUnknown):
            store.session("token", 1500)


class TestForget:
    def test_deletes_what_is_old(self, store: SignInStore) -> None:
        store.give_nonce("n2", ACCOUNT, 1000)
        store.open("token", SESSION, "n2", nonce_not_before=700)
        store.forget(nonces_before=901, sessions_before=2000)
        assert store.session("token", 1500) == SESSION
        with pytest.raises(NonceUnknown):
            store.open("another", SESSION, "n1", nonce_not_before=0)
        store.forget(nonces_before=0, sessions_before=2001)
        with pytest.raises(SessionUnknown):
            store.session("token", 1500)
