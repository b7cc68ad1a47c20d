"""One home per outside library; each module implements ports from `ladybug_agent.ports`."""
