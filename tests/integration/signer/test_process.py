"""A signer in its own process, asked over its socket."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from api.signer.remote import RemoteKeys, SignerLine, SigningUnavailable
from api.signer.wire import receive_frame, send_frame
from ledger.keys import Signer
from ledger.licences.issuance import issue
from tests.support.licences import AGENCY_KEY, ISSUED_AT, counted_bytes, draft, issuer
from tests.support.office import BASE_URL
from tests.support.signer import lines
from tests.support.signing import (
    environment,
    signing,
    socket_of,
    started,
    trail_of,
    wait_until_listening,
)


@contextmanager
def line(folder: Path) -> Iterator[SignerLine]:
    found = SignerLine(socket_of(folder))
    try:
        yield found
    finally:
        found.close()


def keys(found: SignerLine) -> list[Signer]:
    return list(RemoteKeys(found, lambda: 0.0).signers())


def issue_with(signer: Signer, now: int) -> str:
    by = replace(issuer(), base_url=BASE_URL, signer=signer)
    return issue(draft(issued_at=now), by, counted_bytes()).document


def now() -> int:
    return int(time.time())


def is_hung_up(caller: socket.socket) -> bool:
    try:
        return caller.recv(100) == b""
    except ConnectionResetError:  # it hung up before all was read
        return True


class TestSign:
    def test_issues_a_licence_over_the_socket(self, tmp_path: Path) -> None:
        with signing(tmp_path), line(tmp_path) as found:
            assert socket_of(tmp_path).stat().st_mode & 0o777 == 0o600
            (signer,) = keys(found)
            assert signer.public_key == AGENCY_KEY.public_key
            assert issue_with(signer, now()).count("~") > 1
        assert [entry["outcome"] for entry in lines(trail_of(tmp_path))] == ["signed"]

    def test_refuses_what_is_no_document(self, tmp_path: Path) -> None:
        with signing(tmp_path), line(tmp_path) as found:
            (signer,) = keys(found)
            with pytest.raises(SigningUnavailable, match="part=form"):
                signer.sign(b"anything")
            with pytest.raises(SigningUnavailable, match="part=iat"):
                issue_with(signer, ISSUED_AT - 10**6)
        assert all(entry["outcome"] != "signed" for entry in lines(trail_of(tmp_path)))

    def test_keeps_the_limit_over_a_restart(self, tmp_path: Path) -> None:
        limits = {"SUIZHENG_SIGNER_LIMITS": "licence=9/3"}
        with signing(tmp_path, **limits) as process, line(tmp_path) as found:
            (signer,) = keys(found)
            for _ in range(2):
                issue_with(signer, now())
            process.kill()
        with signing(tmp_path, **limits), line(tmp_path) as found:
            (signer,) = keys(found)
            issue_with(signer, now())
            with pytest.raises(SigningUnavailable, match="as often"):
                issue_with(signer, now())
        outcomes = [entry["outcome"] for entry in lines(trail_of(tmp_path))]
        assert outcomes == ["signed"] * 3 + ["LimitReached:86400"]

    def test_writes_as_many_lines_as_it_signs(self, tmp_path: Path) -> None:
        signed: list[str] = []
        with signing(tmp_path), line(tmp_path) as found:
            (signer,) = keys(found)

            def work() -> None:
                signed.extend(issue_with(signer, now()) for _ in range(25))

            threads = [threading.Thread(target=work) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        entries = lines(trail_of(tmp_path))
        assert len(signed) == len(entries) == 200
        assert {(entry["outcome"], entry["uid"]) for entry in entries} == {("signed", os.getuid())}

    def test_answers_only_who_is_on_the_list(self, tmp_path: Path) -> None:
        others = {"SUIZHENG_SIGNER_UIDS": str(os.getuid() + 1)}
        with signing(tmp_path, **others), line(tmp_path) as found:
            assert socket_of(tmp_path).stat().st_mode & 0o777 == 0o660
            with pytest.raises(SigningUnavailable, match="the line was cut"):
                keys(found)
        assert lines(trail_of(tmp_path)) == []

    def test_hangs_up_on_nonsense_and_goes_on(self, tmp_path: Path) -> None:
        with signing(tmp_path), line(tmp_path) as found:
            for start in (b"\xff" * 8, b"\0\0\0\1X", b"GET / HTTP/1.1\r\n\r\n"):
                with socket.socket(socket.AF_UNIX) as caller:
                    caller.settimeout(10)
                    caller.connect(str(socket_of(tmp_path)))
                    caller.sendall(start)
                    assert is_hung_up(caller)
            assert len(keys(found)) == 1

    def test_a_half_sent_request_stops_nobody_else(self, tmp_path: Path) -> None:
        with signing(tmp_path), line(tmp_path) as found:
            with socket.socket(socket.AF_UNIX) as caller:
                caller.settimeout(10)
                caller.connect(str(socket_of(tmp_path)))
                caller.sendall(b"\0\0\0\5S")
                assert len(keys(found)) == 1
                caller.sendall(b"\0" * 4)  # all of it now, but too short to be a request
                assert is_hung_up(caller)
            with socket.socket(socket.AF_UNIX) as caller:
                caller.settimeout(10)
                caller.connect(str(socket_of(tmp_path)))
                send_frame(caller, b"K")
                answer = receive_frame(caller)
                assert answer is not None
                assert len(answer) == 65


class TestLifeOfTheProcess:
    def test_a_killed_signer_is_missed_and_a_new_one_found(self, tmp_path: Path) -> None:
        with line(tmp_path) as found:
            with signing(tmp_path) as process:
                (signer,) = keys(found)
                issue_with(signer, now())
                process.kill()
                process.wait()
                for _ in range(2):
                    with pytest.raises(SigningUnavailable):
                        issue_with(signer, now())
            with signing(tmp_path):
                issue_with(signer, now())
        assert [entry["outcome"] for entry in lines(trail_of(tmp_path))] == ["signed"] * 2

    def test_a_restart_between_two_requests_goes_unnoticed(self, tmp_path: Path) -> None:
        with line(tmp_path) as found:
            with signing(tmp_path):
                (signer,) = keys(found)
                issue_with(signer, now())
            with signing(tmp_path):
                issue_with(signer, now())

    def test_a_stopped_signer_is_not_waited_for_for_ever(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("api.signer.remote.ANSWER_SECONDS", 0.2)
        with signing(tmp_path) as process, line(tmp_path) as found:
            (signer,) = keys(found)
            process.send_signal(signal.SIGSTOP)
            os.waitpid(process.pid, os.WUNTRACED)  # a signature takes less time than a signal
            with pytest.raises(SigningUnavailable, match="in time"):
                issue_with(signer, now())
            process.send_signal(signal.SIGCONT)
            wait_until_listening(tmp_path, process)
            issue_with(signer, now())

    def test_ends_when_told_and_takes_its_socket_away(self, tmp_path: Path) -> None:
        with signing(tmp_path) as process:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0
        assert not socket_of(tmp_path).exists()

    def test_a_second_one_leaves_the_first_its_socket(self, tmp_path: Path) -> None:
        with signing(tmp_path), line(tmp_path) as found:
            with started(environment(tmp_path)) as second:
                _, said = second.communicate(timeout=60)
                assert second.returncode == 1
                assert said.startswith(b"SocketInUse")
            assert len(keys(found)) == 1

    @pytest.mark.parametrize(
        ("name", "value", "error"),
        [
            ("SUIZHENG_SIGNER_LIMITS", "licence", b"LimitsMalformed"),
            ("SUIZHENG_SIGNER", "tcp:1", b"SettingsInvalid"),
            ("SUIZHENG_SIGNER", "unix:/nowhere/signer", b"SocketRefused"),
            ("SUIZHENG_PASSWORD_FILE", "/dev/null", b"PasswordWrong"),
        ],
    )
    def test_does_not_start_with_a_wrong_setting(
        self, tmp_path: Path, name: str, value: str, error: bytes
    ) -> None:
        with started(environment(tmp_path, **{name: value})) as process:
            _, said = process.communicate(timeout=60)
            assert process.returncode == 1
            assert said.splitlines()[-1].startswith(error)  # the log may say which file, before

    def test_finds_a_key_that_is_handed_over_later(self, tmp_path: Path) -> None:
        values = environment(tmp_path)
        (kept,) = (tmp_path / "keys" / "documents").iterdir()
        aside = kept.rename(tmp_path / "aside")
        with started(values) as process, line(tmp_path) as found:
            wait_until_listening(tmp_path, process)
            assert keys(found) == []
            aside.rename(kept)
            (signer,) = keys(found)
            issue_with(signer, now())

    def test_a_child_does_not_share_its_parents_line(self, tmp_path: Path) -> None:
        with signing(tmp_path), line(tmp_path) as found:
            (signer,) = keys(found)
            issue_with(signer, now())
            found._pid = os.getpid() + 1  # noqa: SLF001  # as it is in a forked child
            issue_with(signer, now())
