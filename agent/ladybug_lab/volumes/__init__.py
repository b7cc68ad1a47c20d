"""Data volumes: images behind loop devices, with an identity and with faults."""
