"""One boot on one clock, from the kernel's start to the registration: the verb `timeline`."""
