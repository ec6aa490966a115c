#!/usr/bin/env bash
# Everything that .ci/run does, and then the long versions of what it does in short: about two hours on an idle machine with two cores.
#   verify-full.sh [STEP ...]     ci applications suites simulation mutants crashes kills effects real-data real-data-again kafka bench; all of them by default
# $SEEDS simulations (500), $CASES crash images (20000), $EFFECTS messages through kills (100000). What a step prints goes to build/verify/STEP.log; at the end comes a table of figures.
# Exit status 1 if any step failed; the others run all the same.
set -uo pipefail
cd "$(dirname "$0")/.."
seeds=${SEEDS:-500} cases=${CASES:-20000} seed=${SEED:-$RANDOM} effects=${EFFECTS:-100000}
unset SEEDS CASES SEED EFFECTS
logs=build/verify
mkdir -p "$logs"
declare -A took status
done_steps=()

run() { # STEP COMMAND...
  local step=$1 begun=$SECONDS
  shift
  printf '\n== %s: %s\n' "$step" "$*"
  if env "$@" >"$logs/$step.log" 2>&1; then status[$step]=passed; else status[$step]=FAILED; tail -40 "$logs/$step.log"; fi
  took[$step]=$((SECONDS - begun))
  done_steps+=("$step")
  printf '   %s in %d s\n' "${status[$step]}" "${took[$step]}"
}

# What is worth a line in the table: the runner's counts, what tests tell, what the simulator counted, the bench's own table.
figures() { # STEP
  case $1 in
    suites) grep -hE 'control: [0-9]+ passed' ;;
    ci) grep -hE '^ℹ (pass|fail|skipped) |^ +ℹ |control: [0-9]+ passed' ;;
    simulation) grep -hE '^(seeds|failures|events|power losses|kills|recoveries|messages confirmed|records produced|checkpoints|tidyings|ring wraps) ' ;;
    crashes) grep -hE '^ℹ (pass|fail) |^✔ ' ;;
    mutants) grep -hE '^mutants |NOT|not found' ;;
    bench) sed -n '/^| case/,$p' ;;
    *) grep -hE '^ +ℹ |^ℹ (pass|fail) ' ;;
  esac <"$logs/$1.log" | sed -E 's/^ *ℹ *//; s/^/      /'
}

applications='celery nest rascal spring'
# The same applications on a real RabbitMQ, unless one runs already, which is somebody else's.
on_the_real_one() {
  local peer=${POSTHORN_SHARED:-../shared}/peers/rabbitmq.sh
  ! "$peer" pid >/dev/null || { echo "   a RabbitMQ is running: not played there"; return; }
  run rabbitmq "$peer" up && run applications-there node dist/scripts/interop.js --control amqp=127.0.0.1:5672 $applications perf-test
  "$peer" down >/dev/null
}

# What is killed there is a RabbitMQ of ours.
effects_on_rabbitmq() {
  local peer=${POSTHORN_SHARED:-../shared}/peers/rabbitmq.sh
  ! "$peer" pid >/dev/null || { echo "   a RabbitMQ is running: it is not killed"; return; }
  run rabbitmq "$peer" up && run effects-rabbitmq EFFECTS="$effects" POSTHORN_CONTROL_KILL="kill -9 \$($peer pid) && sleep 1 && $peer up" \
    node dist/scripts/interop.js --control amqp=127.0.0.1:5672 sdk-effects
  "$peer" down >/dev/null
}

step() {
  case $1 in
    ci) run ci .ci/run ;;
    suites) run suites scripts/suites.sh kombu aiormq aio-pika lapin schemaregistry ;;
    simulation) run simulation node dist/sim/main.js --seeds "1-$seeds" ;;
    mutants) run mutants node dist/sim/main.js --mutants ;;
    crashes) run crashes CASES="$cases" node --test --test-reporter=spec dist/src/store/crash.test.js &&
      run crashes-while-tidying CASES="$((cases / 100 + 15))" node --test --test-reporter=spec dist/src/store/upkeep.test.js dist/src/store/full-disk.test.js ;;
    kills) run kills SEED="$seed" node --test --test-reporter=spec dist/test/interop/kill.slow.test.js ;;
    effects) run effects EFFECTS="$effects" node dist/scripts/test.js test/sdk/effects &&
      run effects-ours EFFECTS="$effects" node dist/scripts/interop.js sdk-effects &&
      run effects-kafka EFFECTS="$effects" POSTHORN_CONTROL_KILL='scripts/kill-kafka.sh 21100' KAFKA_PORT=21100 scripts/with-kafka.sh node dist/scripts/interop.js --control kafka={} sdk-effects &&
      effects_on_rabbitmq ;;
    real-data) run real-data SEED="$seed" node --test --test-reporter=spec dist/test/interop/real-data.slow.test.js ;;
    real-data-again) run real-data-again SEED="$((seed + 1))" node --test --test-reporter=spec dist/test/interop/real-data.slow.test.js ;;
    kafka) run kafka-streams LINES=20000 ROUNDS=5 node --test --test-reporter=spec dist/test/interop/kafka-streams.slow.test.js &&
      run kafka-real scripts/with-kafka.sh node dist/scripts/interop.js --control kafka={} kafka-streams kafka-connect kafka-tools-compared aiokafka nestjs spring-kafka &&
      run kafka-suites scripts/suites.sh franz-go librdkafka sarama kafka-go &&
      run kafka-differential scripts/with-kafka.sh node dist/test/differential/kafka/main.js --real {} --sequences 2000 --least 20 --at-once 6 ;;
    applications) run applications node dist/scripts/interop.js $applications && run load PERF_TEST_SECONDS=30 node dist/scripts/interop.js perf-test &&
      on_the_real_one ;;
    bench) run bench npm run --silent bench -- --json "$logs/bench.json" ;;
    *) echo "verify-full: there is no step '$1'" >&2; exit 2 ;;
  esac
}

[ $# -gt 0 ] || set -- ci applications suites simulation mutants crashes kills effects real-data real-data-again kafka bench
npm run --silent build || exit 1
for one in "$@"; do step "$one"; done

printf '\n%-24s %-8s %8s\n' step result seconds
failed=0
for one in "${done_steps[@]}"; do
  printf '%-24s %-8s %8d\n' "$one" "${status[$one]}" "${took[$one]}"
  figures "$one"
  [ "${status[$one]}" = passed ] || failed=1
done
exit "$failed"
