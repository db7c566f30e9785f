"""Weights from files and to files: GeoDa, ArcGIS, Stata, MatrixMarket, spreadsheets, and two exact formats."""

from spatial_region.weights.files.read import read_weights
from spatial_region.weights.files.write import write_weights

__all__ = ["read_weights", "write_weights"]
