"""The resources of a replica: one module each, with `inspect_*` and `ensure_*`."""
