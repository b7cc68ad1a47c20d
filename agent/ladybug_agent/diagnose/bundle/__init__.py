"""A support bundle: all that somebody who is not on the instance needs, without its secrets."""
