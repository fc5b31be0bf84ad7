"""HCERT: the health codes of others, `HC1:`, read strictly and written for them.

ehn-dcc-development/eu-dcc-hcert-spec, `hcert_spec.md` 1.0.8.
"""
