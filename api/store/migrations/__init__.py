"""The schema's history, run by `api.store.database.migrate`."""
