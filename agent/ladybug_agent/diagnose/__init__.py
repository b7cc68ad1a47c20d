"""What is wrong with this instance, the root cause first: the verb `diagnose`. Changes nothing."""
