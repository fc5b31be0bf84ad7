"""HTTP: the only package that imports fastapi."""
