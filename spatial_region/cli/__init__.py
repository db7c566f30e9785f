"""The command: one study file in, one folder of figures, tables and a summary out."""
