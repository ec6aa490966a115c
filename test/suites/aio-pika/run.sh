#!/usr/bin/env bash
# run.sh HOST PORT [RESULT.tsv]   tests of the Python client aio-pika, of its package on PyPI: of messages, of remote calls, of work shared among consumers,
# and of consumers that end. Left out: those over TLS, those that restart the broker by Docker, those of reconnecting, those that ask no broker, and one that
# waits for a minute, and fails on RabbitMQ 4.3, too.
source "$(dirname "$0")/../lib.sh"
version=${AIO_PIKA_VERSION:-10.2.1}
prepare() { cp "$suite/../broker_that_is_there.py" tests/docker_client.py; }
python_suite "$cache/aio-pika-$version" aio-pika "$version" "aio-pika==$version" aiormq==7.2.4 pytest==8.4.2 pytest-timeout==2.4.0 aiomisc aiomisc-pytest shortuuid timeout-decorator
rm -f junit.xml
BROKER_HOST=$host BROKER_PORT=$port venv/bin/python -m pytest -q -p no:cacheprovider --timeout=60 --timeout-method=signal -W ignore --junitxml=junit.xml \
  tests/test_amqp.py tests/test_json_rpc.py tests/test_master.py tests/test_queue_iterator_close.py tests/test_consumer_cancel_recovery.py \
  tests/test_consumer_publish_errors.py tests/test_close_notification.py tests/test_nowait.py -k 'not test_consuming_not_coroutine' >pytest.log 2>&1 || true
judge_junit
