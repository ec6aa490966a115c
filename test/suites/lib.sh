# For the runners beside: each is called as run.sh HOST PORT [RESULT.tsv], and gets its suite from its registry, once, into a cache. Nothing of it is kept here.
set -euo pipefail
host=${1:?host}; port=${2:?port}
suite=$(cd "$(dirname "$0")" && pwd)
name=$(basename "$suite")
result=$(realpath -m "${3:-$name.tsv}")
cache=${SUITES_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/posthorn-suites}
shared=$(realpath "${POSTHORN_SHARED:-$suite/../../../../shared}")

# A registry that does not answer is asked again.
patiently() { timeout 150 "$@" || timeout 150 "$@" || timeout 300 "$@"; }

# python_suite FOLDER PACKAGE VERSION REQUIREMENT...: the source package in FOLDER, installed with what its tests need. Runs `prepare` in it, if there is one.
python_suite() {
  local folder=$1 package=$2 version=$3
  shift 3
  cd /
  [ -f "$folder/.ready" ] && { cd "$folder"; return; }
  rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
  python3 -m venv venv
  patiently venv/bin/pip --quiet --disable-pip-version-check download --no-deps --no-binary "$package" -d . "$package==$version"
  tar xzf ./*.tar.gz --strip-components=1
  patiently venv/bin/pip --quiet --disable-pip-version-check install "$@"
  ! declare -F prepare >/dev/null || prepare
  touch .ready
}

# Writes what pytest found as TEST<TAB>PASS|FAIL|SKIP, and compares it with what passes on the real broker.
judge_junit() {
  python3 - junit.xml >"$result" <<'X'
import sys, xml.etree.ElementTree as E
rows = {}
for case in E.parse(sys.argv[1]).iter('testcase'):
    tags = {part.tag for part in case}
    how = 'SKIP' if 'skipped' in tags else 'FAIL' if tags & {'failure', 'error'} else 'PASS'
    test = f"{case.get('classname').split('.')[-1]} > {case.get('name')}"
    rows[test] = how if rows.get(test, how) == how else 'FAIL'
print('\n'.join(f'{test}\t{how}' for test, how in sorted(rows.items())))
X
  judge
}

judge() { node "$shared/suites/lib/compare.mjs" "$result" "$suite/control.tsv"; }
