"""The process that holds the document keys, and the line to it.

Whoever faces the network asks for signatures; what may be signed, and how often, is judged here.
"""
