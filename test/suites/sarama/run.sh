#!/usr/bin/env bash
# run.sh HOST PORT [RESULT.tsv]   the functional tests of the Go client sarama, from the Go module proxy, by the ordinary go command, against the broker at
# HOST:PORT (PLAINTEXT, single broker). Needs Go. Those that cut connections through a proxy of their own are skipped.
set -euo pipefail
host=${1:?host}; port=${2:?port}
here=$(cd "$(dirname "$0")" && pwd); result=$(realpath -m "${3:-sarama.tsv}")
version=${SARAMA_VERSION:-v1.61.1}
work=${SUITES_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/posthorn-suites}/sarama-$version
if [ ! -f "$work/.ready" ]; then
  rm -rf "$work" && mkdir -p "$work" && cd "$work" && printf 'module suite\n\ngo 1.21\n' >go.mod
  dir=$(go mod download -json "github.com/IBM/sarama@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  cp -r "$dir" src && chmod -R u+w src && cd src
  # They expect five brokers, three copies of each topic and a proxy before each broker; here there is one broker, and no proxy.
  sed -i 's/ReplicationFactor: 3/ReplicationFactor: 1/; s/len(partition.Isr) != 3/len(partition.Isr) != 1/
    s/^func resetProxies(.*$/&\n\tif FunctionalTestEnv.ToxiproxyClient == nil {\n\t\treturn\n\t}/
    s/^func \(SaveProxy\|proxyForBrokerID\)(t .*$/&\n\tif FunctionalTestEnv.ToxiproxyClient == nil {\n\t\tt.Skip("there is no proxy")\n\t}/
    s/^func existingEnvironment(.*$/&\n\tif address := os.Getenv("KAFKA_ADDRESS"); address != "" {\n\t\tenv.KafkaBrokerAddrs, env.KafkaVersion = []string{address}, os.Getenv("KAFKA_VERSION")\n\t\treturn true, nil\n\t}/' functional_test.go
  go test -tags functional -c -o "$work/sarama.test" . && touch "$work/.ready"
fi
cd "$work/src"
KAFKA_ADDRESS=$host:$port KAFKA_VERSION=4.3.1 "$work/sarama.test" -test.v -test.timeout 540s -test.run '^TestFunc' >"$work/out" 2>&1 || true
sed -nE 's/^ *--- (PASS|FAIL|SKIP): ([^ ]+) .*/\2\t\1/p' "$work/out" | sort -u >"$result"
"$here/../compare.sh" "$result" "$here/control.tsv"
