"""`python -m ladybug_agent`."""

import sys

from ladybug_agent.cli import main

sys.exit(main())
