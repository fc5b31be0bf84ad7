"""Policies that come with the ledger; one JSON file each."""
