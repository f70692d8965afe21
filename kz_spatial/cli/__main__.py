"""`python -m kz_spatial.cli`."""

import sys

from kz_spatial.cli.main import main

sys.exit(main())
