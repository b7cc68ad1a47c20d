"""The world as the health check sees it, by the standard library alone.

It runs twice a minute on every instance: boto3, docker, requests and structlog would cost it
several times what it does (docs/decisions/0009-two-sets-of-adapters.md).
"""
