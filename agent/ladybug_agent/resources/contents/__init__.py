"""What is on the volume: databases, file by file, and the snapshot's manifest."""
