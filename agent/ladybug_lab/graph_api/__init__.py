"""The Graph API that the lab serves, and the container image it runs in."""
