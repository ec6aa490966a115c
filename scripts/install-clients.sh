#!/usr/bin/env bash
# Installs the clients that test/interop drives, by the ordinary package managers: kcat, and Python's pika and confluent-kafka in build/python.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v kcat >/dev/null; then
  apt-get update -qq && apt-get install -y -qq kcat >/dev/null || { echo "install kcat (on Debian: apt-get install kcat)" >&2; exit 1; }
fi
if [ ! -e build/python/.ready ]; then
  rm -rf build/python
  python3 -m venv build/python || { echo "install Python 3 with venv" >&2; exit 1; }
  build/python/bin/pip --quiet --disable-pip-version-check install pika confluent-kafka
  touch build/python/.ready
fi
