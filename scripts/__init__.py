"""Thin commands around the packages; nothing imports them."""
