"""Sealed tenders from the wallet's side: bids kept before they are sent, trustees' keys."""
