"""Sealed tenders 招标投标: the rules of their clocks, sealing, opening and evaluation."""
