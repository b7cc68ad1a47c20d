"""The verb `verify`: the boot's checks by hand."""
