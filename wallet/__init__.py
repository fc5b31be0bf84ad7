"""The wallet: keys, documents, and verification without the service."""
