#!/usr/bin/env bash
# Installs the clients that test/interop drives, by the ordinary package managers: kcat from the distribution; into build/ Python's pika and confluent-kafka,
# RabbitMQ's PerfTest, and @platformatic/kafka 2, which wants Node 24.
set -euo pipefail
cd "$(dirname "$0")/.."
perf_test=2.22.1
ready() { [ -e "build/$1/.ready" ]; }
# A registry that does not answer is asked again.
patiently() { timeout 150 "$@" || timeout 150 "$@" || timeout 300 "$@"; }
if ! command -v kcat >/dev/null; then
  { apt-get update -qq && apt-get install -y -qq kcat >/dev/null; } || { echo "install kcat (on Debian: apt-get install kcat)" >&2; exit 1; }
fi
if ! ready python; then
  rm -rf build/python
  python3 -m venv build/python || { echo "install Python 3 with venv" >&2; exit 1; }
  patiently build/python/bin/pip --quiet --disable-pip-version-check install pika confluent-kafka
  touch build/python/.ready
fi
if ! ready perf-test; then
  command -v mvn >/dev/null || { apt-get update -qq && apt-get install -y -qq maven >/dev/null; } || { echo "install Maven and a Java runtime" >&2; exit 1; }
  rm -rf build/perf-test && mkdir -p build/perf-test
  cat >build/perf-test/pom.xml <<X
<project><modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId><version>1</version>
<dependencies><dependency><groupId>com.rabbitmq</groupId><artifactId>perf-test</artifactId><version>$perf_test</version></dependency></dependencies></project>
X
  (cd build/perf-test && patiently mvn -q -B dependency:copy-dependencies -DoutputDirectory=. >&2)
  touch build/perf-test/.ready
fi
if ! ready platformatic-kafka; then
  rm -rf build/platformatic-kafka && mkdir -p build/platformatic-kafka
  echo '{ "private": true, "type": "module" }' >build/platformatic-kafka/package.json
  patiently npm install --no-audit --no-fund --no-package-lock --prefix build/platformatic-kafka @platformatic/kafka@2 >/dev/null
  touch build/platformatic-kafka/.ready
fi
