"""What `suizheng up` tells the person who started it."""

from wallet.commands.up import moved
from wallet.layout import Urls


class TestMoved:
    def test_says_nothing_of_the_usual_addresses(self) -> None:
        assert moved(Urls("http://127.0.0.1:8080", "http://127.0.0.1:8545")) == ""

    def test_names_others_as_the_commands_read_them(self) -> None:
        said = moved(Urls("http://127.0.0.1:19080", "http://127.0.0.1:19545"))
        assert said.split() == [
            "SUIZHENG_SERVICE=http://127.0.0.1:19080",
            "SUIZHENG_NODE=http://127.0.0.1:19545",
        ]
