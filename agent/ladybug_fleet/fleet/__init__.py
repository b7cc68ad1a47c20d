"""The fleet as Auto Scaling, the load balancer and the registry see it, and whether they agree."""
