"""Spatial panel and cross-section regression by maximum likelihood, with impacts.

Front door: `regression` (labels in, results out). Modules whose name starts with an underscore are kernels:
arrays in, arrays out.
"""
