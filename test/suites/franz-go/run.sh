#!/usr/bin/env bash
# run.sh HOST PORT [RESULT.tsv]   the tests of the Go client franz-go that want a broker, from the Go module proxy, by the ordinary go command, against
# the broker at HOST:PORT (PLAINTEXT, single broker). Needs Go. With $RECORDS records through its chains of groups and transactions (20000).
set -euo pipefail
host=${1:?host}; port=${2:?port}
here=$(cd "$(dirname "$0")" && pwd); result=$(realpath -m "${3:-franz-go.tsv}")
version=${FRANZ_GO_VERSION:-v1.22.3}
work=${SUITES_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/posthorn-suites}/franz-go-$version
if [ ! -f "$work/.ready" ]; then
  rm -rf "$work" && mkdir -p "$work" && cd "$work" && printf 'module suite\n\ngo 1.21\n' >go.mod
  dir=$(go mod download -json "github.com/twmb/franz-go@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  cp -r "$dir" src && chmod -R u+w src && cd src/pkg/kgo && go test -c -o "$work/kgo.test" . && touch "$work/.ready"
fi
cd "$work/src/pkg/kgo"
# A test wants a broker if it makes a client of the suite's own kind.
names=$(awk '/^func Test/ { name = $2; sub(/\(.*/, "", name) } /newTestClient|tmpTopic|testChainETL/ { if (name != "") print name } /^}/ { name = "" }' ./*_test.go | sort -u | paste -sd'|')
export KGO_SEEDS="$host:$port" KGO_TEST_RF=1 KGO_TEST_RECORDS="${RECORDS:-20000}" KGO_TEST_MAX_TOPIC_PARTS=7 KGO_LOG_LEVEL=none
"$work/kgo.test" -test.v -test.parallel 2 -test.timeout 540s -test.run "^($names)\$" >"$work/out" 2>&1 || true
sed -nE 's/^ *--- (PASS|FAIL|SKIP): ([^ ]+) .*/\2\t\1/p' "$work/out" | sort -u >"$result"
"$here/../compare.sh" "$result" "$here/control.tsv"
