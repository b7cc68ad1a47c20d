"""Bringing a version to where instances and stacks fetch it: whole, checked, and only once."""
