"""The checks, a module for each group. Each only looks, and raises what is wrong."""
