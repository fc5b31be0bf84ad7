import pytest

from ledger.chain.broadcast import Answer, meaning
from ledger.chain.rpc import RpcRefused


class TestMeaning:
    def test_a_hash_is_taken(self) -> None:
        assert meaning("0x01") == (Answer.TAKEN, "")

    @pytest.mark.parametrize(
        ("words", "answer"),
        [
            ("transaction already imported", Answer.TAKEN),  # anvil
            ("already known", Answer.TAKEN),  # geth
            ("Known transaction", Answer.TAKEN),  # Besu
            ("AlreadyKnown", Answer.TAKEN),  # Nethermind
            ("nonce too low", Answer.NONCE_USED),
            ("nonce too low: next nonce 5, tx nonce 4", Answer.NONCE_USED),
            ("Nonce too low", Answer.NONCE_USED),
            ("OldNonce", Answer.NONCE_USED),
            ("Insufficient funds for gas * price + value", Answer.NO_FUNDS),
            ("insufficient funds for gas * price + value: balance 0", Answer.NO_FUNDS),
            ("Upfront cost exceeds account balance", Answer.NO_FUNDS),
            ("replacement transaction underpriced", Answer.UNDERPRICED),
            ("max fee per gas less than block base fee", Answer.UNDERPRICED),
            ("Gas price below current base fee", Answer.UNDERPRICED),
            ("FeeTooLow", Answer.UNDERPRICED),
            ("intrinsic gas too low", Answer.REFUSED),
            ("exceeds block gas limit", Answer.REFUSED),
            ("invalid sender", Answer.REFUSED),
            ("", Answer.REFUSED),
        ],
    )
    def test_reads_the_nodes_words(self, words: str, answer: Answer) -> None:
        assert meaning(RpcRefused(words, -32000)) == (answer, words)
