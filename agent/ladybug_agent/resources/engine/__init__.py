"""The image's own engine, run once over the databases."""
