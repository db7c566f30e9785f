"""Measures that accompany a regional study: profiles and grades."""
