"""Looking out for the end of the instance, and leaving when it is announced: `watch`."""
