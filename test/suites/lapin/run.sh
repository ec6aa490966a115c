#!/usr/bin/env bash
# run.sh HOST PORT [RESULT.tsv]   the integration tests of the Rust client lapin, from its crate, by the ordinary cargo.
source "$(dirname "$0")/../lib.sh"
version=${LAPIN_VERSION:-4.12.3}
folder=$cache/lapin-$version
if [ ! -f "$folder/.ready" ]; then
  rm -rf "$folder" && mkdir -p "$folder/fetch/src" && cd "$folder/fetch"
  printf '[package]\nname = "fetch"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nlapin = { version = "=%s", default-features = false, features = ["tokio", "smol"] }\n' "$version" >Cargo.toml
  touch src/lib.rs
  patiently cargo fetch --quiet
  cp -r "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/lapin-"$version" ../source
  touch "$folder/.ready"
fi
cd "$folder/source"
AMQP_ADDR="amqp://guest:guest@$host:$port/%2f" cargo test --no-default-features --features tokio,smol --test "*" --no-fail-fast -- --test-threads=1 >../cargo.log 2>&1 || true
# What a test logs may stand between its name and its result.
awk '
  function tell(how) { print file " > " name "\t" (how == "ok" ? "PASS" : how == "ignored" ? "SKIP" : "FAIL"); name = "" }
  /Running tests/ { file = $2; gsub(/tests\/|\.rs/, "", file) }
  /^test .* \.\.\. / { name = $2; if ($NF ~ /^(ok|FAILED|ignored)$/) tell($NF) }
  /^(ok|FAILED)$/ && name != "" { tell($0) }' ../cargo.log | sort >"$result"
judge
