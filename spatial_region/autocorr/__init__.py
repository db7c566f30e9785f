"""Global and local spatial autocorrelation."""
