"""The registration alone, for nodes of the platform that other scripts boot: `register`."""
