"""The main story, played on a real chain, a real database and a real service."""
