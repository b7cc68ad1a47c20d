"""The verb `hydrate`: load the rest of the volume, record and show maps, tell how far it is."""
