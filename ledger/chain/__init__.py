"""The chain: the only package that imports web3."""
