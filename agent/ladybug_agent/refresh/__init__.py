"""Another image, or another specification, under a replica that serves; and back if it fails."""
