"""The floor: the study, the weights, how values meet weights, and what every result has in common."""
