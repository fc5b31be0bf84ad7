"""The seven checks of DESIGN §6, one module each."""
