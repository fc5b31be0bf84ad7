"""Agreements by which one jurisdiction recognises another's documents, and what they rest on."""
