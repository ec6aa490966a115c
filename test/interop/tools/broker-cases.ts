import type { Case } from './play.ts'

/** The broker itself, and load on it. */
export const BROKER_CASES: readonly Case[] = [
  {
    title: 'the cluster and its broker are told of',
    steps: [
      'cluster cluster-id --bootstrap-server @@',
      { run: 'cluster list-endpoints --bootstrap-server @@' },
      // What applications ask. The rest is for the cluster's own keeping; streams groups are not served here.
      {
        run: 'broker-api-versions',
        only: /^(?!.*(UNSUPPORTED|UNKNOWN|Streams|ShareGroupState|Raft|UnregisterBroker|Telemetry)).*/,
      },
      { run: 'features describe', only: /^(?!.*streams)/ },
      'leader-election --election-type preferred --all-topic-partitions',
      'topics --create --topic @a --partitions 2',
      'leader-election --election-type preferred --topic @a --partition 0',
      'leader-election --election-type unclean --topic @a --partition 1',
      'leader-election --election-type preferred --topic @none --partition 0',
      { file: 'e', text: '{"partitions":[{"topic":"@a","partition":1}]}' },
      'leader-election --election-type preferred --path-to-json-file %e',
      { run: 'log-dirs --describe --topic-list @a', loose: true },
      { run: 'log-dirs --describe --topic-list @none', loose: true },
      { run: 'log-dirs --describe --broker-list 7 --topic-list @a', loose: true },
      { run: 'metadata-quorum describe --status', loose: true },
      { run: 'metadata-quorum describe --replication', loose: true },
      'delegation-tokens --describe --command-config /dev/null',
    ],
  },
  {
    title: 'features are raised and lowered, or not',
    steps: [
      'features upgrade --feature transaction.version=2',
      'features upgrade --feature transaction.version=1',
      'features downgrade --feature transaction.version=1 --dry-run',
      'features downgrade --feature transaction.version=1',
      'features downgrade --feature transaction.version=2',
      'features disable --feature share.version',
      { run: 'features describe', only: /^(?!.*streams)/ },
      'share-groups --describe --group @g',
      'features upgrade --feature share.version=1 --feature transaction.version=2',
      'features upgrade --feature group.version=2',
      'features upgrade --feature group.version=1 --feature @none=1',
      'features downgrade --feature metadata.version=29',
      'features downgrade --feature metadata.version=20 --unsafe',
      'features downgrade --feature metadata.version=6',
      'features upgrade --feature metadata.version=31',
      'features upgrade --release-version 4.0 --dry-run',
      'features disable --feature metadata.version',
      { run: 'features describe', only: /^(?!.*streams)/ },
    ],
  },
  {
    title: 'partitions are assigned anew to the only broker there is',
    steps: [
      'topics --create --topic @a --partitions 2',
      { file: 't', text: '{"topics":[{"topic":"@a"}],"version":1}' },
      'reassign-partitions --generate --topics-to-move-json-file %t --broker-list 1',
      {
        file: 'r',
        text: '{"version":1,"partitions":[{"topic":"@a","partition":1,"replicas":[1]}]}',
      },
      'reassign-partitions --execute --reassignment-json-file %r',
      'reassign-partitions --verify --reassignment-json-file %r',
      'reassign-partitions --list',
      { file: 'r', text: '{"version":1,"partitions":[{"topic":"@a","partition":0,"replicas":[7]}]}' },
      'reassign-partitions --execute --reassignment-json-file %r',
    ],
  },
  {
    title: 'ACLs are refused where no authorizer is',
    steps: [
      'acls --list',
      'acls --add --allow-principal User:@u --operation Read --topic @a',
      'acls --remove --force --topic @a',
    ],
  },
  {
    title: 'load is made and measured',
    steps: [
      'topics --create --topic @a --partitions 1',
      {
        run: 'producer-perf-test --topic @a --num-records 2000 --record-size 100 --throughput -1 --command-property acks=all --bootstrap-server @@',
        loose: true,
        only: /^(?!.*records sent, .*avg latency, .*max latency\.)/,
      },
      'get-offsets --topic @a',
      { run: 'consumer-perf-test --topic @a --num-records 2000 --timeout 20000', loose: true },
      { run: 'verifiable-producer --topic @a --max-messages 5 --bootstrap-server @@', sorted: true },
      {
        run: 'verifiable-consumer --topic @a --group-id @g --max-messages 2005 --reset-policy earliest --bootstrap-server @@',
        only: /partitions_|shutdown|startup/,
      },
      'consumer-groups --describe --group @g',
    ],
  },
  {
    title: 'transactional load is made, listed and described',
    steps: [
      'topics --create --topic @a --partitions 1',
      {
        run: 'producer-perf-test --topic @a --num-records 500 --record-size 100 --throughput 5000 --transactional-id @x --transaction-duration-ms 20 --bootstrap-server @@',
        loose: true,
        only: /^(?!.*records sent, .*avg latency, .*max latency\.)/,
      },
      { run: 'transactions list', only: /^@/, loose: true },
      { run: 'transactions describe --transactional-id @x', loose: true },
      'transactions describe --transactional-id @nobody',
      { run: 'transactions describe-producers --topic @a --partition 0', loose: true },
      'transactions find-hanging --broker-id 1 --topic @a',
      'transactions find-hanging --broker-id 7',
      'transactions abort --topic @a --partition 0 --start-offset 0',
      {
        run: 'console-consumer --topic @a --from-beginning --isolation-level read_committed --max-messages 500',
        only: /^[!=]|Processed/,
      },
    ],
  },
  {
    title: 'shared load is made and measured',
    steps: [
      'topics --create --topic @a --partitions 1',
      'configs --alter --entity-type groups --entity-name @g --add-config share.auto.offset.reset=earliest',
      'configs --alter --entity-type groups --entity-name @h --add-config share.auto.offset.reset=earliest',
      {
        run: 'verifiable-producer --topic @a --max-messages 1000 --bootstrap-server @@',
        only: /tool_data/,
        loose: true,
      },
      { run: 'share-consumer-perf-test --topic @a --group @g --num-records 1000 --timeout 20000', loose: true },
      {
        run: 'verifiable-share-consumer --topic @a --group-id @h --max-messages 1000 --bootstrap-server @@',
        only: /shutdown|startup|offset_reset/,
      },
      {
        run: 'e2e-latency --bootstrap-server @@ --topic @a --num-records 50 --producer-acks all --record-size 50',
        only: /^(Avg|Perc)/,
        loose: true,
      },
    ],
  },
]
