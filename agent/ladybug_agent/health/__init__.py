"""Life after the boot: look, judge, tell, repair. One `health-check` is one run of `tick.py`."""
