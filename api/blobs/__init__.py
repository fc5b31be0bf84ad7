"""Large files by their SHA-256: on this machine's disk, or in a store that speaks S3."""
