"""Leaving in order: out of the registry and the load balancer first, then stopped, then gone."""
