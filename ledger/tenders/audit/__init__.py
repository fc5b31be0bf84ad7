"""The audit of a tender by an outsider: numbered checks over a bundle, nobody's server asked."""
