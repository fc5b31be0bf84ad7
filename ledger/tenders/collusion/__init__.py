"""Signals of collusion 串通投标, looked for after the opening: flags with evidence, never verdicts.

A flag goes to the committee and the supervisor. It rejects nobody: one equal serial number has been
disputed in practice, and what bidders say of themselves proves nothing by its absence.
"""
