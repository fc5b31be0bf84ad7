"""The use cases that HTTP calls, built by family; `api.services.composition` joins them."""
