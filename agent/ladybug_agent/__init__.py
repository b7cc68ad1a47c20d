"""Boot agent for LadybugDB read replicas."""

__version__ = "0.1.0"
