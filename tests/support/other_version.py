"""Run a program that speaks another version of the protocol: `python other_version.py NAME PROGRAM ARGS…`."""

import runpy
import sys

from hookcli.wire import version


def main() -> None:
    """Speak it, become the program."""
    version.SUBPROTOCOL = sys.argv[1]
    sys.argv = sys.argv[2:]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
