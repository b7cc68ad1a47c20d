"""A disk whose blocks come from somewhere slow at their first touch, as of a restored volume."""
