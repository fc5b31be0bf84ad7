"""The seven checks, one module each."""
