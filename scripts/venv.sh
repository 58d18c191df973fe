#!/bin/sh
# Makes a virtual environment at $1 with Python 3.11 or newer.
set -eu
for python in python3 python3.13 python3.12 python3.11; do
  if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    found=$python
    break
  fi
done
if [ -z "${found:-}" ]; then
  echo "hookcli needs Python 3.11 or newer; none of python3, python3.11 … is" >&2
  exit 1
fi
if ! "$found" -c 'import ensurepip' 2>/dev/null; then
  # Debian ships venv's installer as a package of its own.
  package="$("$found" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq "$package"
  else
    echo "this Python cannot make virtual environments; try: sudo apt-get install $package" >&2
    exit 1
  fi
fi
exec "$found" -m venv "$1"
