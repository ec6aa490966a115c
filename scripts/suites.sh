#!/usr/bin/env bash
# Runs the clients' own suites against Posthorn, each beside the list of what passes on the real broker, and prints the scores.
#   suites.sh [SUITE ...]     by default all of ../shared/suites (or $POSTHORN_SHARED/suites); those of test/suites, which take minutes, if they are named
# Exit status 1 if a suite passes fewer tests than test/suites.tsv says it does.
set -euo pipefail
cd "$(dirname "$0")/.."
shared=${POSTHORN_SHARED:-../shared}
[ -d "$shared/suites" ] || { echo "suites: there is no $shared/suites; set POSTHORN_SHARED" >&2; [ "${CI:-}" = true ] && exit 1; exit 0; }
shared=$(cd "$shared" && pwd)
work=$(mktemp -d)
broker=
trap '[ -z "$broker" ] || kill "$broker" 2>/dev/null; rm -rf "$work"' EXIT
# Plays $suite on a broker of its own, and tells the score: false if it is too low.
play() { # [again]
  # What the broker before said must not be taken for what this one says.
  rm -rf "$work/data" "$work/banner"
  node dist/bin/posthorn.js serve --data "$work/data" --listen "$protocol://127.0.0.1:$port" --kafka-num-partitions 4 --log-level warn >"$work/banner" 2>"$work/log" &
  broker=$!
  for _ in $(seq 100); do grep -qs :// "$work/banner" && break; sleep 0.1; done
  local at line passed
  at=$(sed -n "s#.*$protocol://127.0.0.1:\([0-9]*\) .*#\1#p" "$work/banner" | head -1)
  env $environment timeout 1500 "$folder/run.sh" 127.0.0.1 "$at" "$work/$suite.tsv" >"$work/out" 2>&1 || true
  kill "$broker" 2>/dev/null; wait "$broker" 2>/dev/null || true
  broker=
  line=$(grep -o 'control: [0-9]* passed, [0-9]* failed' "$work/out" | tail -1 || true)
  passed=$(echo "$line" | grep -o '[0-9]* passed' | cut -d' ' -f1 || true)
  printf '%-24s %s\n' "$suite${1:+ $1}" "${line:-did not run}"
  [ "${passed:-0}" -lt "$least" ] || return 0
  echo "  fewer than $least; not passed:"
  grep 'NOT PASSED' "$work/out" | sed 's/^/  /' | head -40 || tail -5 "$work/out"
  tail -5 "$work/log"
  return 1
}

failed=0
while IFS=$'\t' read -r suite protocol port least environment; do
  folder=test/suites/${suite%@*}
  [ -d "$folder" ] || folder=$shared/suites/${suite%@*}
  if [ $# -eq 0 ]; then [ "$folder" = "$shared/suites/${suite%@*}" ] || continue
  else [[ " $* " == *" $suite "* ]] || continue; fi
  # Other people's tests have time limits of their own: one that a busy machine misses may be tried again, and that is told.
  if ! play && ! play again; then failed=1; fi
done < <(grep -v '^#' test/suites.tsv)
exit "$failed"
