"""One gate's folder: who it is, what it holds to decide by, what it remembers and has to report."""
