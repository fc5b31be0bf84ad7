"""Tables of days off: one JSON file per calendar, and one per calendar and year."""
