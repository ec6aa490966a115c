#!/usr/bin/env bash
# run.sh HOST PORT [RESULT.tsv]   the test suite of the C client librdkafka, in its quick mode, against the broker at HOST:PORT (PLAINTEXT, single broker).
# The sources come with node-rdkafka's npm package, which ships them whole. Needs a C and a C++ compiler, make, and zlib's and OpenSSL's headers.
# On a single broker without an authorizer, and without the tools of a Kafka distribution, nine of its tests can't pass. $TESTS names some tests by their numbers, $GROUP_PROTOCOL the groups' (classic or consumer).
set -euo pipefail
host=${1:?host}; port=${2:?port}
here=$(cd "$(dirname "$0")" && pwd); result=$(realpath -m "${3:-librdkafka.tsv}")
version=${NODE_RDKAFKA_VERSION:-3.6.1}
work=${SUITES_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/posthorn-suites}/librdkafka-$version
if [ ! -f "$work/.ready" ]; then
  rm -rf "$work" && mkdir -p "$work" && cd "$work"
  npm pack --silent "node-rdkafka@$version" >/dev/null
  tar xzf node-rdkafka-*.tgz --strip-components=3 package/deps/librdkafka
  { ./configure --disable-gssapi --disable-curl --disable-zstd && make -j"$(nproc)" libs && make -C tests -j"$(nproc)" build; } >build.log 2>&1
  touch .ready
fi
cd "$work/tests"
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
printf 'bootstrap.servers=%s:%s\ntest.topic.random=true\n' "$host" "$port" >"$tmp/conf"
RDKAFKA_TEST_CONF=$tmp/conf TEST_KAFKA_VERSION=4.0.0.0 TEST_CONSUMER_GROUP_PROTOCOL="${GROUP_PROTOCOL:-classic}" \
  LD_LIBRARY_PATH=../src:../src-cpp timeout "${SECONDS_AT_MOST:-1200}" ./test-runner -L -Q -E -p"${PARALLEL:-3}" >"$tmp/out" 2>&1 || true
sed 's/\x1b\[[0-9;]*m//g' "$tmp/out" | sed -nE 's/.* Test (0[^ ]+) PASSED =.*/\1\tPASS/p; s/.*\[(0[^ ]+) .*TEST FAILURE.*/\1\tFAIL/p' | sort -u >"$result"
"$here/../compare.sh" "$result" "$here/control.tsv"
