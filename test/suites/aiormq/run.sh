#!/usr/bin/env bash
# run.sh HOST PORT [RESULT.tsv]   the tests of the Python client aiormq, from its source package. Left out: those over TLS, and those of
# test_connection.py, one of which opens every channel that a connection may have, which takes minutes; and two
# that depend on the moment.
source "$(dirname "$0")/../lib.sh"
version=${AIORMQ_VERSION:-7.2.4}
prepare() {
  cp "$suite/../broker_that_is_there.py" tests/docker_client.py
  cp "$suite/conftest.py" .
}
python_suite "$cache/aiormq-$version" aiormq "$version" "aiormq==$version" pytest==8.4.2 pytest-timeout==2.4.0 aiomisc aiomisc-pytest
rm -f junit.xml
BROKER_HOST=$host BROKER_PORT=$port venv/bin/python -m pytest -q -p no:cacheprovider --timeout=60 --timeout-method=signal -W ignore --junitxml=junit.xml \
  tests --ignore tests/test_connection.py -k 'not amqps and not ssl and not test_connection_close_during_publish_drain and not test_concurrent_channel_number_reuse' >pytest.log 2>&1 || true
judge_junit
