"""`python -m hookcli`."""

import sys

from hookcli.cli import main

if __name__ == "__main__":
    sys.exit(main())
