#!/usr/bin/env bash
# compare.sh RESULT.tsv CONTROL.tsv   says which tests passed on the real broker and not here, and the score, which is the last line. Exit status 1 if there is any.
set -euo pipefail
[ -f "$2" ] || { echo "there is no $2 to compare with"; exit 1; }
awk -F'\t' '
  NR == FNR { result[$1] = $2; next }
  $2 != "PASS" { next }
  result[$1] == "PASS" { passed++; next }
  { failed++; printf "NOT PASSED  %s  (%s)\n", $1, $1 in result ? result[$1] : "did not run" }
  END { printf "control: %d passed, %d failed\n", passed, failed; exit failed > 0 || passed == 0 }
' "$1" "$2"
