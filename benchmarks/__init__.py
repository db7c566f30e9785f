"""Benchmarks: the same cases through several packages; agreement is checked before time is reported."""
