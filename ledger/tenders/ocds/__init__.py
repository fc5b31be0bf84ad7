"""Publication of tenders in OCDS 1.1.5: releases, records, our extension, our own checks."""
