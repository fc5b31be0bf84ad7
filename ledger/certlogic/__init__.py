"""CertLogic 1.3.3: entry rules as data, evaluated without clock, network or trust in their author.

ehn-dcc-development/dgc-business-rules, `certlogic/specification/README.md`.
"""
