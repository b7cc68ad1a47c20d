"""Emulated instance metadata, with faults."""
