#!/bin/sh
# Installs hookcli from the source tree $1 into a virtual environment at $2, with the tested versions
# of what it needs, and leaves nothing behind that running it does not. The Containerfile runs this.
set -eu
source=${1:?the source tree} place=${2:?where to install}
python3 -m venv --without-pip "$place"
python3 -m pip --quiet --disable-pip-version-check --no-cache-dir --python "$place/bin/python" \
  install --no-compile --constraint "$source/constraints.txt" "$source[cluster]"
find "$place" -name __pycache__ -prune -exec rm -rf {} +
"$place/bin/hookcli" --version
