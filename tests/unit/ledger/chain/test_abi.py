import json
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.abi import event_abi_to_log_topic, function_abi_to_4byte_selector
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain.abi import CONTRACTS, ArgumentInvalid, load_abi, snake_case
from ledger.errors import ChainUnavailable


def committed(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(f"ledger/chain/abi/{name}.json").read_text())
    return found


@pytest.mark.parametrize("name", CONTRACTS)
class TestLoadAbi:
    def test_selectors_and_topics_are_those_of_another_library(self, name: str) -> None:
        abi = load_abi(name)
        for entry in committed(name)["abi"]:
            if entry["type"] == "function":
                selector = function_abi_to_4byte_selector(entry)
                assert abi.functions[entry["name"]].selector == selector
            elif entry["type"] == "event":
                assert abi.events[entry["name"]].topic == event_abi_to_log_topic(entry)

    def test_no_name_means_two_things(self, name: str) -> None:
        entries = committed(name)["abi"]
        for kind in ("function", "event", "error"):
            names = [entry["name"] for entry in entries if entry["type"] == kind]
            assert len(names) == len(set(names))

    def test_nothing_takes_ether(self, name: str) -> None:
        entries = committed(name)["abi"]
        assert not [entry for entry in entries if entry["type"] in ("fallback", "receive")]
        takers = [e for e in entries if e.get("stateMutability") == "payable"]
        assert not takers

    def test_immutables_lie_inside_the_code(self, name: str) -> None:
        abi = load_abi(name)
        assert all(start + length <= len(abi.runtime_code) for start, length in abi.immutables)
        assert all(
            not any(abi.runtime_code[start : start + length]) for start, length in abi.immutables
        )

    def test_is_loaded_once(self, name: str) -> None:
        assert load_abi(name) is load_abi(name)


class TestSnakeCase:
    @pytest.mark.parametrize(
        ("solidity", "python"),
        [
            ("keyId", "key_id"),
            ("anchoredAt", "anchored_at"),
            ("root", "root"),
            ("from", "from_"),
            ("x", "x"),
            ("neededRole", "needed_role"),
        ],
    )
    def test_spells_as_python(self, solidity: str, python: str) -> None:
        assert snake_case(solidity) == python


class TestFunction:
    @pytest.mark.parametrize(
        "values",
        [
            (b"\1" * 31, 1, bytes(32), 1),
            (b"\1" * 33, 1, bytes(32), 1),
            (b"\1" * 32, 2**16, bytes(32), 1),
            (b"\1" * 32, -1, bytes(32), 1),
            (b"\1" * 32, 1, bytes(32)),
            (None, 1, bytes(32), 1),
        ],
    )
    def test_refuses_what_does_not_fit(self, values: tuple[Any, ...]) -> None:
        with pytest.raises(ArgumentInvalid) as refused:
            load_abi("RecordLedger").functions["anchor"].encode(*values)
        assert refused.value.function == "anchor"

    @given(st.binary(max_size=700))
    def test_a_lying_answer_is_an_outage_or_well_typed(self, answer: bytes) -> None:
        outputs = load_abi("VerificationLens").functions["read"].outputs
        try:
            (reading,) = outputs.decode(answer)
        except ChainUnavailable:
            return
        assert len(reading) == 10

    def test_a_name_that_is_no_utf_8_is_an_outage(self) -> None:
        outputs = load_abi("Authority").functions["jurisdictionOf"].outputs
        good = encode(["(string,uint40)"], [("CN-GD", 1)])
        assert outputs.decode(good) == (("CN-GD", 1),)
        with pytest.raises(ChainUnavailable):
            outputs.decode(good.replace(b"CN-GD", b"CN\xff\xfeD"))
