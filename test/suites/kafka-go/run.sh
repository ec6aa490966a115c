#!/usr/bin/env bash
# run.sh HOST PORT [RESULT.tsv]   the tests of the Go client kafka-go that want a broker, from the Go module proxy, by the ordinary go command, against the
# broker at HOST:PORT (PLAINTEXT, single broker). Needs Go. Two that wait for a topic to come while they look are left out: whether they see it is chance.
set -euo pipefail
host=${1:?host}; port=${2:?port}
here=$(cd "$(dirname "$0")" && pwd); result=$(realpath -m "${3:-kafka-go.tsv}")
version=${KAFKA_GO_VERSION:-v0.4.51}
work=${SUITES_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/posthorn-suites}/kafka-go-$version
if [ ! -f "$work/.ready" ]; then
  rm -rf "$work" && mkdir -p "$work" && cd "$work" && printf 'module suite\n\ngo 1.21\n' >go.mod
  dir=$(go mod download -json "github.com/segmentio/kafka-go@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  cp -r "$dir" src && chmod -R u+w src && cd src && go mod tidy && touch "$work/.ready"
fi
# They know one address alone, in the text: the port cannot be told otherwise.
rm -rf "$work/here" && cp -r "$work/src" "$work/here" && cd "$work/here"
sed -i "s/localhost:9092/$host:$port/g; s/\"127\.0\.0\.1:9092\"/\"$host:$port\"/; s/TCP(\"localhost\")/TCP(\"$host:$port\")/
  s/Host: \"localhost\", Port: 9092/Host: \"$host\", Port: $port/g; s/Host != \"localhost\"/Host != \"$host\"/; s/Port != 9092/Port != $port/
  s/example\.com:9092/example.com:$port/" ./*_test.go
go test -c -o "$work/kafka-go.test" .
# Some of them end the process, on any broker: they ask a reader for offsets that has no connection.
KAFKA_VERSION=4.0.0 KAFKA_SKIP_NETTEST=1 "$work/kafka-go.test" -test.v -test.timeout 840s -test.skip '/(consumer_group_commits_on_close|verify_offset_committed)' >"$work/out" 2>&1 || true
sed -nE 's/^ *--- (PASS|FAIL|SKIP): ([^ ]+) .*/\2\t\1/p' "$work/out" | sort -u >"$result"
"$here/../compare.sh" "$result" "$here/control.tsv"
