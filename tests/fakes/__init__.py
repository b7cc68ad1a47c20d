"""The world in memory: one fake for every port, each of which can be told to fail."""
