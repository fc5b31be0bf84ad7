"""Licences: the catalogue, identifiers, documents and their life cycle."""
