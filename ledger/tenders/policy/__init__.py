"""Policies of tenders: the law's numbers as data, what the contract takes of them, legal ends."""
