"""Operator tools that run in the deploy workflow or on a laptop, never on the instance."""
