"""Spatial weights from geometry."""
