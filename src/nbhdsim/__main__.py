"""`python -m nbhdsim` is `nbhdsim`."""
import sys

from nbhdsim.cli import main

sys.exit(main())
