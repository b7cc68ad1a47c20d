"""The bundle: all that an instance installs, in one file whose bytes follow from its sources.

`build` makes it, top to bottom; `check` reads one back and believes nothing.
"""
