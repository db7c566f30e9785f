"""Tests of panels before and beside a regression: unit roots, cointegration, causality, instruments, mediation."""
