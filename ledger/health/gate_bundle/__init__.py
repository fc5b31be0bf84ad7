"""The gate bundle: all that a gate decides by, signed as one and fetched by pieces."""
