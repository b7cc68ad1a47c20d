"""The surroundings of an instance on one machine, for `rehearse` and for the tests."""
