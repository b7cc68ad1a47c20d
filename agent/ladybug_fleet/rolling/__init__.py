"""Replacing a fleet's instances by others: an instance refresh, watched and stopped in time."""
