#!/usr/bin/env bash
# run.sh HOST PORT [RESULT.tsv]   the integration tests of Celery's messaging library kombu on RabbitMQ (over py-amqp), from its source package.
source "$(dirname "$0")/../lib.sh"
version=${KOMBU_VERSION:-5.7.0}
python_suite "$cache/kombu-$version" kombu "$version" "kombu==$version" amqp==5.4.2 pytest==8.4.2 pytest-timeout==2.4.0 pytest-rerunfailures
rm -f junit.xml
RABBITMQ_HOST=$host RABBITMQ_5672_TCP=$port venv/bin/python -m pytest -q -p no:cacheprovider --timeout=60 --timeout-method=signal -W ignore --reruns 0 --junitxml=junit.xml \
  t/integration/test_py_amqp.py >pytest.log 2>&1 || true
judge_junit
