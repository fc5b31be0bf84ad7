"""Verification: evidence in, a report of numbered checks out."""
