"""Peers from the registries, on the same node in the same run; nothing of ours needs them."""
