#!/usr/bin/env bash
# run.sh HOST PORT [RESULT.tsv]   the tests of Confluent's serializers for JavaScript, from their npm package, which has them play on a registry of their own in memory: that is the control.
# With the address of a registry as HOST and PORT they play on that; with "mock" as HOST on their own.
source "$(dirname "$0")/../lib.sh"
version=${SCHEMAREGISTRY_VERSION:-1.10.1}
folder=$cache/schemaregistry-$version
package=node_modules/@confluentinc/schemaregistry/dist
if [ ! -f "$folder/.ready" ]; then
  rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
  echo '{"private":true}' >package.json
  patiently npm install --silent --no-audit --no-fund --ignore-scripts "@confluentinc/schemaregistry@$version" jest@29.7.0
  cat >jest.config.cjs <<'X'
const dist = '<rootDir>/node_modules/@confluentinc/schemaregistry/dist'
module.exports = {
  roots: [`${dist}/test`],
  // They name the package that they are part of.
  moduleNameMapper: { '^@confluentinc/schemaregistry/(.*)$': `${dist}/$1` },
  testEnvironment: 'node',
  testPathIgnorePatterns: [],
  transform: {},
  haste: { retainAllFiles: true },
  testTimeout: 30000,
}
X
  touch .ready
fi
cd "$folder"
url="http://$host:$port"
[ "$host" != mock ] || url=mock://
: >"$result"
for spec in avro json; do
  sed -i "s#^const baseURL = .*#const baseURL = '$url';#" "$package/test/serde/$spec.spec.js"
  # What one leaves behind would be in the other's way.
  [ "$host" = mock ] || for permanent in false true; do
    curl -s "$url/subjects?deleted=$permanent" | tr -d '[]"' | tr ',' '\n' | while read -r subject || [ -n "$subject" ]; do
      [ -z "$subject" ] || curl -s -o /dev/null -X DELETE "$url/subjects/$subject?permanent=$permanent"
    done
  done
  npx jest -i --silent --forceExit --json --outputFile=results.json "/serde/$spec.spec.js" >jest.log 2>&1 || true
  node -e 'for (const { assertionResults } of require("./results.json").testResults) for (const { fullName, status } of assertionResults) console.log(`${process.argv[1]} > ${fullName}\t${{ passed: "PASS", failed: "FAIL" }[status] ?? "SKIP"}`)' "$spec" | sort >>"$result"
done
judge
