#!/usr/bin/env bash
# Installs the clients and frameworks that test/interop drives, by the ordinary package managers: kcat and PostgreSQL from the distribution; into build/ Python's pika,
# confluent-kafka, aiokafka and Celery, RabbitMQ's PerfTest, Spring AMQP, Kafka's clients from 2018 on, Kafka Streams, Kafka Connect, Spring Kafka, NestJS, Rascal, @platformatic/kafka 2,
# which wants Node 24, the schema registry's clients for JavaScript and Spring's, publint and attw, which look at the package, and, for bench/sdk.ts, the queues BullMQ
# and pg-boss.
set -euo pipefail
cd "$(dirname "$0")/.."
kafka=4.3.1 no_log=org.slf4j:slf4j-nop:2.0.17
ready() { [ -e "build/$1/.ready" ]; }
# A registry that does not answer is asked again.
patiently() { timeout 150 "$@" || timeout 150 "$@" || timeout 300 "$@"; }
if ! command -v kcat >/dev/null; then
  { apt-get update -qq && apt-get install -y -qq kcat >/dev/null; } || { echo "install kcat (on Debian: apt-get install kcat)" >&2; exit 1; }
fi
if [ ! -e /usr/lib/postgresql ]; then
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql >/dev/null; } || { echo "install PostgreSQL (on Debian: apt-get install postgresql)" >&2; exit 1; }
fi
if ! build/python/bin/python -c 'import pika, confluent_kafka, aiokafka, fastavro, jsonschema' 2>/dev/null; then
  rm -rf build/python
  python3 -m venv build/python || { echo "install Python 3 with venv" >&2; exit 1; }
  patiently build/python/bin/pip --quiet --disable-pip-version-check install pika 'confluent-kafka[avro,json]' 'aiokafka[snappy,lz4,zstd]==0.14.0'
fi
if ! ready celery; then
  rm -rf build/celery
  python3 -m venv build/celery
  patiently build/celery/bin/pip --quiet --disable-pip-version-check install celery==5.7.0
  touch build/celery/.ready
fi
# Into build/NAME what the artifacts need to run; one with an exclamation mark comes alone.
jars() { # NAME GROUP:ARTIFACT:VERSION...
  local name=$1 dependencies= group artifact version alone
  shift
  ! ready "$name" || return 0
  command -v mvn >/dev/null || { apt-get update -qq && apt-get install -y -qq maven >/dev/null; } || { echo "install Maven and a Java runtime" >&2; exit 1; }
  for one in "$@"; do
    IFS=: read -r group artifact version <<<"${one%!}"
    alone=
    [ "$one" = "${one%!}" ] || alone='<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>'
    dependencies+="<dependency><groupId>$group</groupId><artifactId>$artifact</artifactId><version>$version</version>$alone</dependency>"
  done
  rm -rf "build/$name" && mkdir -p "build/$name"
  echo "<project><modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId><version>1</version><dependencies>$dependencies</dependencies></project>" >"build/$name/pom.xml"
  (cd "build/$name" && patiently mvn -q -B dependency:copy-dependencies -DoutputDirectory=. >&2)
  touch "build/$name/.ready"
}
jars perf-test com.rabbitmq:perf-test:2.22.1
jars spring-amqp org.springframework.amqp:spring-rabbit:3.2.12 "$no_log"
jars kafka-streams "org.apache.kafka:kafka-streams:$kafka" "$no_log"
jars kafka-connect "org.apache.kafka:connect-runtime:$kafka" "org.apache.kafka:connect-file:$kafka" "org.apache.kafka:connect-mirror:$kafka"
jars spring-schema org.springframework.cloud:spring-cloud-stream-schema:2.2.1.RELEASE! org.springframework:spring-web:5.3.39 com.fasterxml.jackson.core:jackson-databind:2.15.4 "$no_log"
jars spring-kafka org.springframework.kafka:spring-kafka:4.0.8 "org.apache.kafka:kafka-clients:$kafka" "$no_log"
for version in 2.1.1 2.8.2 3.3.2 3.9.1; do jars "kafka-clients-$version" "org.apache.kafka:kafka-clients:$version" "$no_log"; done
# Into build/NAME packages from npm.
packages() { # NAME PACKAGE...
  local name=$1
  shift
  ! ready "$name" || return 0
  rm -rf "build/$name" && mkdir -p "build/$name"
  echo '{ "private": true, "type": "module" }' >"build/$name/package.json"
  patiently npm install --no-audit --no-fund --no-package-lock --prefix "build/$name" "$@" >/dev/null
  touch "build/$name/.ready"
}
packages platformatic-kafka @platformatic/kafka@2
packages nestjs @nestjs/common@11 @nestjs/core@11 @nestjs/microservices@11 kafkajs@2 amqplib@2.3.1 amqp-connection-manager@5.0.0 reflect-metadata rxjs@7
packages rascal rascal@21.0.1 amqplib@2.3.1
packages registry-clients --ignore-scripts @kafkajs/confluent-schema-registry@3.9.0 @confluentinc/schemaregistry@1.10.1
packages queues --ignore-scripts bullmq@5 pg-boss@10
packages package-checks --ignore-scripts publint@0.3.25 @arethetypeswrong/cli@0.18.5
packages test-runners --ignore-scripts vitest@3 jest@30
