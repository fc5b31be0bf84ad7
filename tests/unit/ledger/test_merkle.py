"""The tree of RFC 9162: other people's vectors, a naive oracle, and what must be refused."""

import json
from base64 import b64decode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import BatchEmpty
from ledger.merkle import (
    BLOCK,
    Crown,
    Proof,
    ProofMalformed,
    RootMismatch,
    Tree,
    leaf_hash,
    root_from_leaf_hash,
    verify_inclusion,
)
from ledger.values import Digest, Root
from tests.support.vectors import VECTORS, needs_vectors

INCLUSION = VECTORS / "merkle" / "testdata" / "inclusion"
CASES = sorted(INCLUSION.rglob("*.json"))


def digests(size: int) -> list[Digest]:
    return [Digest(sha256(b"record %d" % i).digest()) for i in range(size)]


def naive_root(leaves: list[Digest]) -> bytes:
    """MTH of RFC 9162 §2.1.1, word for word."""
    n = len(leaves)
    if n == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < n:
        k *= 2
    return sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(m: int, leaves: list[Digest]) -> list[bytes]:
    """PATH of RFC 9162 §2.1.3.1, word for word."""
    n = len(leaves)
    if n == 1:
        return []
    k = 1
    while k * 2 < n:
        k *= 2
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


@st.composite
def trees_with_a_leaf(draw: st.DrawFn, least: int = 1) -> tuple[list[Digest], int]:
    size = draw(st.integers(least, 130))
    return digests(size), draw(st.integers(0, size - 1))


class TestVectors:
    """transparency-dev/merkle: each file is one proof with its verdict."""

    @needs_vectors("merkle")
    def test_all_files_are_there(self) -> None:
        refused = sum(json.loads(path.read_text())["wantErr"] for path in CASES)
        assert (len(CASES), refused) == (98, 92)

    @needs_vectors("merkle")
    @pytest.mark.parametrize("path", CASES, ids=lambda p: str(p.relative_to(INCLUSION)))
    def test_verdict_is_theirs(self, path: Path) -> None:
        case: dict[str, Any] = json.loads(path.read_text())
        proof = Proof(
            case["treeSize"],
            case["leafIdx"],
            tuple(b64decode(node) for node in case["proof"] or ()),
        )
        root = b64decode(case["root"])
        try:
            accepted = root_from_leaf_hash(b64decode(case["leafHash"]), proof) == root
        except ProofMalformed:
            accepted = False
        assert accepted is not case["wantErr"]


class TestTree:
    @given(st.integers(1, 200))
    def test_root_is_the_recursive_definition(self, size: int) -> None:
        assert Tree.of(digests(size)).root == naive_root(digests(size))

    @given(trees_with_a_leaf())
    def test_path_is_the_recursive_definition(self, case: tuple[list[Digest], int]) -> None:
        leaves, index = case
        proof = Tree.of(leaves).proof(index)
        assert proof == Proof(len(leaves), index, tuple(naive_path(index, leaves)))

    def test_one_leaf_is_its_own_root(self) -> None:
        (leaf,) = digests(1)
        tree = Tree.of([leaf])
        assert tree.root == leaf_hash(leaf)
        assert tree.proof(0) == Proof(1, 0, ())

    def test_order_matters(self) -> None:
        first, second = digests(2)
        assert Tree.of([first, second]).root != Tree.of([second, first]).root

    def test_size_is_the_number_of_leaves(self) -> None:
        assert Tree.of(digests(77)).size == 77

    def test_proofs_are_those_of_every_leaf_in_order(self) -> None:
        tree = Tree.of(digests(21))
        assert list(tree.proofs()) == [tree.proof(index) for index in range(21)]

    def test_refuses_no_leaf(self) -> None:
        with pytest.raises(BatchEmpty):
            Tree.of([])

    @pytest.mark.parametrize("spoiled", [b"", b"\x01" * 31, b"\x01" * 33])
    def test_refuses_a_digest_of_another_length(self, spoiled: bytes) -> None:
        with pytest.raises(ProofMalformed):
            Tree.of([*digests(3), Digest(spoiled)])

    @pytest.mark.parametrize("index", [-1, 3, 2**64])
    def test_refuses_a_proof_of_a_leaf_outside(self, index: int) -> None:
        with pytest.raises(ProofMalformed):
            Tree.of(digests(3)).proof(index)


class TestVerifyInclusion:
    @given(st.integers(1, 140))
    def test_every_leaf_verifies(self, size: int) -> None:
        leaves = digests(size)
        tree = Tree.of(leaves)
        for leaf, proof in zip(leaves, tree.proofs(), strict=True):
            verify_inclusion(leaf, proof, tree.root)

    @given(trees_with_a_leaf(least=2), st.data())
    def test_refuses_another_index(
        self, case: tuple[list[Digest], int], data: st.DataObject
    ) -> None:
        leaves, index = case
        tree = Tree.of(leaves)
        other = data.draw(st.integers(-2, len(leaves) + 2).filter(lambda i: i != index))
        with pytest.raises((RootMismatch, ProofMalformed)):
            verify_inclusion(leaves[index], replace(tree.proof(index), leaf_index=other), tree.root)

    @given(trees_with_a_leaf(), st.integers(-3, 300))
    def test_refuses_a_size_that_asks_for_another_path(
        self, case: tuple[list[Digest], int], size: int
    ) -> None:
        leaves, index = case
        tree = Tree.of(leaves)
        proof = tree.proof(index)
        same_shape = 0 <= index < size and shape(size, index) == shape(len(leaves), index)
        if same_shape:
            verify_inclusion(leaves[index], replace(proof, tree_size=size), tree.root)
        else:
            with pytest.raises((RootMismatch, ProofMalformed)):
                verify_inclusion(leaves[index], replace(proof, tree_size=size), tree.root)

    @given(trees_with_a_leaf(least=2), st.data())
    def test_refuses_a_changed_node(
        self, case: tuple[list[Digest], int], data: st.DataObject
    ) -> None:
        leaves, index = case
        tree = Tree.of(leaves)
        proof = tree.proof(index)
        level = data.draw(st.integers(0, len(proof.path) - 1))
        bit = data.draw(st.integers(0, 255))
        spoiled = (int.from_bytes(proof.path[level]) ^ 1 << bit).to_bytes(32)
        path = (*proof.path[:level], spoiled, *proof.path[level + 1 :])
        with pytest.raises(RootMismatch):
            verify_inclusion(leaves[index], replace(proof, path=path), tree.root)

    @given(trees_with_a_leaf(), st.integers(0, 255))
    def test_refuses_a_changed_leaf(self, case: tuple[list[Digest], int], bit: int) -> None:
        leaves, index = case
        tree = Tree.of(leaves)
        spoiled = Digest((int.from_bytes(leaves[index]) ^ 1 << bit).to_bytes(32))
        with pytest.raises(RootMismatch) as refused:
            verify_inclusion(spoiled, tree.proof(index), tree.root)
        assert refused.value.root == tree.root

    @given(trees_with_a_leaf(least=2), st.data())
    def test_refuses_a_path_one_node_longer_or_shorter(
        self, case: tuple[list[Digest], int], data: st.DataObject
    ) -> None:
        leaves, index = case
        tree = Tree.of(leaves)
        proof = tree.proof(index)
        place = data.draw(st.integers(0, len(proof.path) - 1))
        extra = data.draw(st.sampled_from([b"", tree.root, proof.path[place]]))
        for path in (
            (*proof.path[:place], *proof.path[place + 1 :]),
            (*proof.path[:place], extra, *proof.path[place:]),
            (*proof.path, extra),
        ):
            with pytest.raises(ProofMalformed):
                verify_inclusion(leaves[index], replace(proof, path=path), tree.root)

    @given(trees_with_a_leaf(least=2), st.data())
    def test_refuses_a_node_of_another_length(
        self, case: tuple[list[Digest], int], data: st.DataObject
    ) -> None:
        leaves, index = case
        tree = Tree.of(leaves)
        proof = tree.proof(index)
        level = data.draw(st.integers(0, len(proof.path) - 1))
        spoiled = data.draw(
            st.sampled_from([b"", proof.path[level][:-1], proof.path[level] + b"0"])
        )
        path = (*proof.path[:level], spoiled, *proof.path[level + 1 :])
        with pytest.raises(ProofMalformed):
            verify_inclusion(leaves[index], replace(proof, path=path), tree.root)

    @given(st.integers(2, 64))
    def test_refuses_an_interior_node_as_a_leaf(self, size: int) -> None:
        leaves = digests(size)
        tree = Tree.of(leaves)
        node = Digest(tree.levels[1][0])
        with pytest.raises((RootMismatch, ProofMalformed)):
            verify_inclusion(node, replace(tree.proof(0), path=tree.proof(0).path[1:]), tree.root)
        above = Tree(tree.levels[1:])  # the upper tree is a tree of its own, of hashes
        with pytest.raises(RootMismatch):
            verify_inclusion(node, above.proof(0), tree.root)

    def test_refuses_the_two_halves_of_a_node_as_one_leaf(self) -> None:
        leaves = digests(2)
        tree = Tree.of(leaves)
        with pytest.raises(ProofMalformed):
            verify_inclusion(
                Digest(leaf_hash(leaves[0]) + leaf_hash(leaves[1])), Proof(1, 0, ()), tree.root
            )

    @pytest.mark.parametrize("root", [b"", b"\x00" * 31, b"\x00" * 33])
    def test_refuses_a_root_of_another_length(self, root: bytes) -> None:
        leaves = digests(1)
        with pytest.raises(ProofMalformed):
            verify_inclusion(leaves[0], Proof(1, 0, ()), Root(root))

    def test_refuses_an_empty_leaf_with_an_empty_root(self) -> None:
        with pytest.raises(ProofMalformed):
            verify_inclusion(Digest(b""), Proof(1, 0, ()), Root(b""))

    def test_refuses_an_empty_tree(self) -> None:
        with pytest.raises(ProofMalformed):
            verify_inclusion(digests(1)[0], Proof(0, 0, ()), Root(b"\x00" * 32))

    @pytest.mark.parametrize("size", range(2, 20))
    def test_refuses_the_last_leaf_as_one_past_a_smaller_tree(self, size: int) -> None:
        leaves = digests(size)
        tree = Tree.of(leaves)
        proof = tree.proof(size - 1)  # its path can be as long as one of the smaller tree
        verify_inclusion(leaves[-1], proof, tree.root)
        for claimed in range(size):
            with pytest.raises(ProofMalformed):
                verify_inclusion(leaves[-1], replace(proof, tree_size=claimed), tree.root)

    def test_a_size_beyond_any_tree_ends_at_once(self) -> None:
        leaves = digests(4)
        tree = Tree.of(leaves)
        with pytest.raises(ProofMalformed):
            verify_inclusion(leaves[0], replace(tree.proof(0), tree_size=2**20_000), tree.root)


def shape(size: int, index: int) -> tuple[bool, ...]:
    """On which sides the path of a leaf joins it: proofs of equal shape prove no size."""
    sides = []
    start, end = 0, size
    while end - start > 1:
        half = 1 << (end - start - 1).bit_length() - 1
        sides.append(index - start >= half)
        start, end = (start + half, end) if sides[-1] else (start, start + half)
    return tuple(sides)


@st.composite
def crowned_leaves(draw: st.DrawFn) -> tuple[list[Digest], int]:
    """Draw trees of up to five levels of crown, many of them about as long as whole blocks."""
    size = draw(st.integers(1, 40 * BLOCK) | st.integers(-1, 1).map(lambda n: 32 * BLOCK + n))
    return digests(size), draw(st.integers(0, size - 1))


def block_of(leaves: list[Digest], index: int) -> list[Digest]:
    first = index - index % BLOCK
    return leaves[first : first + BLOCK]


class TestCrown:
    @given(crowned_leaves())
    def test_gives_the_proofs_that_its_tree_gives(self, case: tuple[list[Digest], int]) -> None:
        leaves, index = case
        tree = Tree.of(leaves)
        assert tree.crown.proof(index, block_of(leaves, index)) == tree.proof(index)

    def test_of_one_block_is_empty(self) -> None:
        assert [len(Tree.of(digests(n)).crown.nodes) for n in (1, 8, 9, 16, 17)] == [0] * 4 + [64]

    def test_of_ten_thousand_leaves_has_four_bytes_a_leaf(self) -> None:
        assert len(Tree.of(digests(10_000)).crown.nodes) == 1254 * 32

    @pytest.mark.parametrize("index", [-1, 40])
    def test_refuses_a_leaf_outside(self, index: int) -> None:
        leaves = digests(40)
        with pytest.raises(ProofMalformed):
            Tree.of(leaves).crown.proof(index, leaves[:BLOCK])

    @pytest.mark.parametrize("many", [7, 9, 16])
    def test_refuses_a_block_of_another_length(self, many: int) -> None:
        with pytest.raises(ProofMalformed, match="block"):
            Tree.of(digests(40)).crown.proof(33, digests(40)[:many])

    @pytest.mark.parametrize("cut", [1, 32, 96])
    def test_refuses_a_crown_that_was_cut(self, cut: int) -> None:
        crown = Tree.of(digests(100)).crown
        with pytest.raises(ProofMalformed):
            Crown(100, crown.nodes[:-cut]).proof(1, digests(100)[:BLOCK])
