"""The gate: one code, one answer, without network if need be, and why."""
