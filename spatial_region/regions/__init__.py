"""Boundaries, names and codes of regions: read, checked, resolved and joined."""
