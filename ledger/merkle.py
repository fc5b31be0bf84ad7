"""The Merkle tree of RFC 9162 §2.1 over SHA-256, and its inclusion proofs.

Leaf data is a document's digest. Leaves and nodes are hashed with different prefixes, so an
interior node is never a leaf, and every hash is exactly 32 bytes before it is looked at: without
these two checks shorter and longer stories about one tree hash to the same root.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import Final

from ledger.errors import BatchEmpty, Refused
from ledger.values import Digest, Root

HASH_BYTES: Final = 32
BLOCK: Final = 16
"""Leaves under one node at the foot of a crown: four bytes of it a leaf, 15 hashes more a proof."""
_BLOCK_LEVELS: Final = BLOCK.bit_length() - 1
_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"


@dataclass(eq=False)
class RootMismatch(Refused):
    """The proof does not lead to the root."""

    root: bytes
    computed: bytes


@dataclass(eq=False)
class ProofMalformed(Refused):
    """The inclusion proof cannot be one."""

    reason: str


@dataclass(frozen=True, slots=True)
class Proof:
    """How one leaf leads to the root of a tree of `tree_size` leaves; `path` is leaf first."""

    tree_size: int
    leaf_index: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree with all its levels in memory, leaf hashes first and the root alone in the last."""

    levels: tuple[Sequence[bytes], ...]

    @classmethod
    def of(cls, digests: Sequence[Digest]) -> "Tree":
        """Return the tree over `digests` in their order; 10^6 of them take about a second.

        A last node without a partner moves up as it is, which gives the split of RFC 9162 §2.1.1.

        Raises:
            BatchEmpty: without a digest.
            ProofMalformed: unless every digest has 32 bytes.
        """
        if not digests:
            raise BatchEmpty
        if {*map(len, digests)} != {HASH_BYTES}:
            raise ProofMalformed("a digest is not 32 bytes")
        level = [sha256(_LEAF + digest).digest() for digest in digests]
        levels = [level]
        while len(level) > 1:
            nodes = iter(level)
            above = [
                sha256(_NODE + left + right).digest()
                for left, right in zip(nodes, nodes, strict=False)  # an odd last one is added below
            ]
            if len(level) % 2:
                above.append(level[-1])
            levels.append(above)
            level = above
        return cls(tuple(levels))

    @property
    def root(self) -> Root:
        """The Merkle tree hash, 32 bytes."""
        return Root(self.levels[-1][0])

    @property
    def size(self) -> int:
        """The number of leaves."""
        return len(self.levels[0])

    def proof(self, index: int) -> Proof:
        """Return the proof of the leaf at `index`; raise `ProofMalformed` for one outside."""
        if not 0 <= index < self.size:
            raise ProofMalformed("the leaf index lies outside the tree")
        path = []
        position = index
        for level in self.levels[:-1]:
            sibling = position ^ 1
            if sibling < len(level):
                path.append(level[sibling])
            position >>= 1
        return Proof(self.size, index, tuple(path))

    def proofs(self) -> Iterator[Proof]:
        """Yield the proof of every leaf, in order."""
        return map(self.proof, range(self.size))

    @property
    def crown(self) -> "Crown":
        """What of the tree is kept, so that nobody builds it anew for one proof."""
        kept = chain.from_iterable(self.levels[_BLOCK_LEVELS:-1])
        return Crown(self.size, b"".join(kept))


@dataclass(frozen=True, slots=True)
class Crown:
    """The upper levels of a tree of `size` leaves: with the digests of a block, proofs under it.

    `nodes` are the hashes of the levels from blocks of `BLOCK` leaves up to below the root, one
    after another; none where all leaves are one block.
    """

    size: int
    nodes: bytes

    def proof(self, index: int, block: Sequence[Digest]) -> Proof:
        """Return the proof of the leaf at `index`; `block` has the digests of its block, in order.

        Raises:
            ProofMalformed: for an index outside, or another number of digests or of nodes.
        """
        if not 0 <= index < self.size:
            raise ProofMalformed("the leaf index lies outside the tree")
        number, place = divmod(index, BLOCK)
        if len(block) != min(BLOCK, self.size - number * BLOCK):
            raise ProofMalformed("the block is not as long as the tree asks")
        widths = tuple(self._widths())
        if len(self.nodes) != sum(widths) * HASH_BYTES:
            raise ProofMalformed("the crown is not as long as the tree asks")
        path = (*Tree.of(block).proof(place).path, *self._path(number, widths))
        return Proof(self.size, index, path)

    def _widths(self) -> Iterator[int]:
        """Yield how many nodes the levels have, lowest first."""
        width = -(-self.size // BLOCK)
        while width > 1:
            yield width
            width = -(-width // 2)

    def _path(self, position: int, widths: Sequence[int]) -> Iterator[bytes]:
        """Yield the partners of a block and its ancestors, lowest first."""
        first = 0
        for width in widths:
            partner = position ^ 1
            if partner < width:
                at = (first + partner) * HASH_BYTES
                yield self.nodes[at : at + HASH_BYTES]
            first += width
            position >>= 1


def leaf_hash(digest: Digest) -> bytes:
    """Return sha256(0x00 ‖ digest); raise `ProofMalformed` unless `digest` has 32 bytes."""
    if len(digest) != HASH_BYTES:
        raise ProofMalformed("the digest is not 32 bytes")
    return sha256(_LEAF + digest).digest()


def verify_inclusion(digest: Digest, proof: Proof, root: Root) -> None:
    """Raise `RootMismatch` unless `proof` carries `digest` to `root` (RFC 9162 §2.1.3.2).

    Raises:
        ProofMalformed: when a hash is not 32 bytes, the index lies outside the tree, or the path
            is not as long as a tree of that size asks.
    """
    if len(root) != HASH_BYTES:
        raise ProofMalformed("the root is not 32 bytes")
    computed = root_from_leaf_hash(leaf_hash(digest), proof)
    if computed != root:
        raise RootMismatch(root, computed)


def root_from_leaf_hash(hashed: bytes, proof: Proof) -> Root:
    """Return the root that `proof` carries a leaf hash to; raise `ProofMalformed` as above."""
    _check_shape(hashed, proof)
    index, node = proof.leaf_index, hashed
    shared = _levels_shared(proof.tree_size, index)
    for sibling in proof.path[:shared]:
        pair = sibling + node if index & 1 else node + sibling
        node = sha256(_NODE + pair).digest()
        index >>= 1
    for sibling in proof.path[shared:]:  # on the right border every partner stands on the left
        node = sha256(_NODE + sibling + node).digest()
    return Root(node)


def _check_shape(hashed: bytes, proof: Proof) -> None:
    if not 0 <= proof.leaf_index < proof.tree_size:
        raise ProofMalformed("the leaf index lies outside the tree")
    if len(proof.path) != _path_length(proof.tree_size, proof.leaf_index):
        raise ProofMalformed("the path is not as long as the tree asks")
    if {len(hashed), *map(len, proof.path)} != {HASH_BYTES}:
        raise ProofMalformed("a hash is not 32 bytes")


def _path_length(size: int, index: int) -> int:
    """Return the levels on which the leaf's ancestor has a partner."""
    shared = _levels_shared(size, index)
    return shared + (index >> shared).bit_count()


def _levels_shared(size: int, index: int) -> int:
    """Return the levels in full subtrees, where everybody has a partner; above: right border."""
    return (index ^ (size - 1)).bit_length()
