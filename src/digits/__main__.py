"""`python -m digits` is the command `digits`."""

import sys

from digits.cli import main

sys.exit(main())
