#!/usr/bin/env bash
# Runs a command beside a real Kafka of its own, whose address stands in it as {}:
#   with-kafka.sh COMMAND...     $KAFKA_PORT (21100; below the ports that the system gives to clients, one of which would else connect to itself while Kafka is killed)
set -euo pipefail
cd "$(dirname "$0")/.."
export PEERS=${PEERS:-/tmp/peers}
script=$(cd "${POSTHORN_SHARED:-../shared}" && pwd)/peers/kafka.sh port=${KAFKA_PORT:-21100}
"$script" up "$port"
trap '"$script" down "$port"' EXIT
"${@//\{\}/127.0.0.1:$port}"
