from pathlib import Path

import pytest

from api.config import Settings, SettingsInvalid, load_settings
from ledger.health.hcert.trust import MAX_DROP


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SUIZHENG_{name.upper()}", raising=False)


class TestLoadSettings:
    def test_has_a_default_for_everything(self) -> None:
        settings = load_settings()
        assert settings.database_url == "sqlite:///var/suizheng.db"
        assert settings.node_urls == ("http://127.0.0.1:8545",)
        assert (settings.batch_size, settings.batch_seconds) == (10_000, 1.0)
        assert (settings.confirmations, settings.poll_seconds) == (1, 0.2)
        assert (settings.allow_segment_seconds, settings.gate_bundle_seconds) == (300, 60)
        assert settings.trust_list_max_drop == MAX_DROP
        assert (settings.domain, settings.scheme) == ("127.0.0.1:8080", "http")
        assert (settings.password_file, settings.verifiers) == (None, None)

    def test_reads_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SUIZHENG_NODE_URLS", "http://a:1, http://b:2")
        monkeypatch.setenv("SUIZHENG_BASE_URL", "https://licences.example/")
        monkeypatch.setenv("SUIZHENG_KEYS", "/keys")
        settings = load_settings()
        assert settings.node_urls == ("http://a:1", "http://b:2")
        assert settings.base_url == "https://licences.example"
        assert (settings.domain, settings.scheme) == ("licences.example", "https")
        assert settings.keys == Path("/keys")

    def test_reads_where_the_signer_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert (load_settings().signer_socket, load_settings().signer_uids) == (None, ())
        monkeypatch.setenv("SUIZHENG_SIGNER", "unix:/run/suizheng/signer")
        monkeypatch.setenv("SUIZHENG_SIGNER_UIDS", "1000, 1001")
        settings = load_settings()
        assert settings.signer_socket == Path("/run/suizheng/signer")
        assert settings.signer_uids == (1000, 1001)

    @pytest.mark.parametrize(("value", "expected"), [("12", 12), ("finalized", "finalized")])
    def test_reads_how_deep_is_final(
        self, monkeypatch: pytest.MonkeyPatch, value: str, expected: int | str
    ) -> None:
        monkeypatch.setenv("SUIZHENG_CONFIRMATIONS", value)
        assert load_settings().confirmations == expected

    def test_says_what_it_would_take_for_a_depth(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SUIZHENG_CONFIRMATIONS", "deep")
        with pytest.raises(SettingsInvalid) as caught:
            load_settings()
        assert len(caught.value.reasons) == 1
        assert "neither a number of blocks, 1 or more, nor finalized" in caught.value.reasons[0]

    def test_refuses_a_misspelt_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SUIZHENG_BATCHSIZE", "5")
        with pytest.raises(SettingsInvalid) as caught:
            load_settings()
        assert caught.value.names == ("SUIZHENG_BATCHSIZE",)

    def test_passes_over_the_names_of_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SUIZHENG_VECTORS", "/vectors")
        monkeypatch.setenv("SUIZHENG_HOME", "/home")
        assert load_settings().batch_size == 10_000

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("BATCH_SIZE", "0"),
            ("BATCH_SIZE", "many"),
            ("BATCH_SECONDS", "-1"),
            ("CONFIRMATIONS", "0"),
            ("CONFIRMATIONS", "-1"),
            ("CONFIRMATIONS", "1.5"),
            ("CONFIRMATIONS", "safe"),
            ("CONFIRMATIONS", "Finalized"),
            ("POLL_SECONDS", "0"),
            ("REQUESTS_PER_ADDRESS", "-1"),
            ("BURST_SECONDS", "0"),
            ("POLL_SECONDS", "inf"),
            ("BATCH_SECONDS", "inf"),
            ("BASE_URL", "ftp://licences.example"),
            ("BASE_URL", "licences.example"),
            ("SIGNER", "tcp:licences.example"),
            ("SIGNER", "/run/licences.example"),
            ("SIGNER", "unix:licences.example"),
            ("SIGNER_UIDS", "licences.example"),
            ("BASE_URL", "https://licences.example?x=1"),
        ],
    )
    def test_refuses_a_wrong_value_without_repeating_it(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        monkeypatch.setenv(f"SUIZHENG_{name}", value)
        with pytest.raises(SettingsInvalid) as caught:
            load_settings()
        assert caught.value.names == (f"SUIZHENG_{name}",)
        assert "licences.example" not in str(caught.value)

    def test_cannot_be_changed_afterwards(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(ValueError, match="frozen"):
            monkeypatch.setattr(load_settings(), "batch_size", 5)


class TestBlobs:
    @pytest.mark.parametrize(
        "given",
        [
            "file:var/blobs",
            "file:/srv/bids",
            "s3:https://s3.example/bids",
            "s3:http://127.0.0.1:9000/bids/of/ours?region=cn-north-1",
        ],
    )
    def test_are_on_a_disk_or_in_a_bucket(self, given: str) -> None:
        assert Settings(blobs=given).blobs == (given,)

    def test_are_on_several_stores(self) -> None:
        several = ("file:/srv/a", "file:/srv/b", "s3:https://s3.example/bids")
        assert Settings(blobs=", ".join(several)).blobs == several

    @pytest.mark.parametrize("given", ["file:/srv/a,file:/srv/a", "file:/srv/a,file:/srv/a/"])
    def test_are_not_one_store_twice(self, given: str) -> None:
        with pytest.raises(ValueError, match="one copy"):
            Settings(blobs=given)

    @pytest.mark.parametrize(
        "given",
        [
            "var/blobs",
            "file:",
            "s3:bids",
            "s3:https://s3.example",
            "s3:ftp://x/bids",
            "",
            "file:/a,,file:/b",
        ],
    )
    def test_are_nowhere_else(self, given: str) -> None:
        with pytest.raises(ValueError, match="neither file"):
            Settings(blobs=given)
