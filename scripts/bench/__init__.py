"""Benchmarks: what things cost on this machine, beside the limits measured in the same run."""
