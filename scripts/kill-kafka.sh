#!/usr/bin/env bash
# Kills (-9) the Kafka that peers/kafka.sh has started on PORT, and starts it again on what it had written:
#   kill-kafka.sh PORT
set -euo pipefail
port=$1 home=${PEERS:-/tmp/peers}/kafka-${KAFKA_VERSION:-4.3.1}
run=$home/run-$port
kill -9 "$(cat "$run/pid")"
while kill -0 "$(cat "$run/pid")" 2>/dev/null; do sleep 0.1; done
setsid nohup java -Xmx1500M -Xms512M -XX:+UseG1GC -Djava.awt.headless=true -Dlog4j2.configurationFile="$run/log4j2.yaml" \
  -cp "$home/lib/*" kafka.Kafka "$run/server.properties" >>"$run/log" 2>&1 </dev/null &
echo $! >"$run/pid"
for _ in $(seq 120); do
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then exit 0; fi
  kill -0 "$(cat "$run/pid")" 2>/dev/null || { tail -20 "$run/log" >&2; exit 1; }
  sleep 0.5
done
echo "not up after 60 s" >&2
exit 1
