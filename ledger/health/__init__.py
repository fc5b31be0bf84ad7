"""Health codes: reading and writing HCERT, what its rules are made of. Pure."""
