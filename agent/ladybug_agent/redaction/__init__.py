"""What no output may repeat: secrets by shape, by name, and every one that the process loaded."""
