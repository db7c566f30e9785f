"""Proofs: what peers answer on small cases whose true answer is known, with our answer beside it."""
