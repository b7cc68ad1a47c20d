"""Emulated AWS, with faults."""
