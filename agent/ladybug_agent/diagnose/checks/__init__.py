"""The checks of `diagnose`, a module for each group of ids."""
