"""Which snapshot a deployment uses, and why not another."""
