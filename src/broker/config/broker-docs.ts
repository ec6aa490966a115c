/**
 * What the settings of a Kafka broker are about, in our words: name and sentence. Those that topics and groups have, too, are told as there, and bounds of
 * groups' settings as bounds of those.
 */
export const BROKER_DOCS = `
add.partitions.to.txn.retry.backoff.max.ms How long at most the broker waits before it asks the coordinator again whether a partition is in a transaction.
add.partitions.to.txn.retry.backoff.ms How long the broker waits before it asks the coordinator again whether a partition is in a transaction.
advertised.listeners Where clients are told to find this broker.
alter.config.policy.class.name A class that is asked whether settings may be changed.
alter.log.dirs.replication.quota.window.num Samples that are kept to measure how much moves between log directories.
alter.log.dirs.replication.quota.window.size.seconds How long one such sample is.
authorizer.class.name What is asked whether a client may do what it asks for.
auto.create.topics.enable Whether a topic comes into being when a client asks for it.
auto.leader.rebalance.enable Whether leadership goes back to the preferred replicas by itself.
background.threads Threads for work that no client waits for.
broker.heartbeat.interval.ms How often a broker shows its controller that it is there.
broker.id The number of this broker; node.id is the name of today.
broker.rack Where the broker stands, for replicas that are to be apart.
broker.session.timeout.ms After how long a silent broker is taken for gone by its controller.
client.quota.callback.class A class that decides which quota counts for a client.
config.providers Names of what settings may take their values from.
connection.failed.authentication.delay.ms How long a connection stays open after a login that failed.
connections.max.idle.ms After how long a connection that nothing comes over is closed.
connections.max.reauth.ms How long a login counts before the client has to log in again; 0 is for ever.
controlled.shutdown.enable Whether a broker hands over its partitions before it stops.
controller.listener.names The listeners that controllers use among themselves.
controller.quorum.append.linger.ms How long a controller waits for more records before it writes.
controller.quorum.auto.join.enable Whether a controller joins the quorum by itself.
controller.quorum.bootstrap.servers Where a controller first looks for the others.
controller.quorum.election.backoff.max.ms How long a controller waits at most before it stands for election again.
controller.quorum.election.timeout.ms How long an election may take.
controller.quorum.fetch.max.bytes Bytes of metadata in one answer to a follower at most.
controller.quorum.fetch.snapshot.max.bytes Bytes of a snapshot in one answer to a follower at most.
controller.quorum.fetch.timeout.ms After how long without news of its leader a follower stands for election.
controller.quorum.request.timeout.ms How long a controller waits for another one's answer.
controller.quorum.retry.backoff.ms How long a controller waits before it asks another one again.
controller.quorum.voters The controllers that vote, with their addresses.
controller.quota.window.num Samples that are kept to measure how often clients change topics.
controller.quota.window.size.seconds How long one such sample is.
controller.socket.timeout.ms How long a controller waits for a broker's answer.
cordoned.log.dirs Log directories that get no new partitions.
create.topic.policy.class.name A class that is asked whether a topic may be made.
default.replication.factor Replicas of a topic that comes into being by itself.
delegation.token.expiry.check.interval.ms How often tokens that have expired are taken away.
delegation.token.expiry.time.ms How long a token counts unless it is renewed.
delegation.token.max.lifetime.ms How long a token counts at most.
delegation.token.secret.key The secret that tokens are made with; without one there are none.
delete.records.purgatory.purge.interval.requests After how many DeleteRecords those that are over are taken out of the list of waiting ones.
delete.topic.enable Whether topics can be deleted.
early.start.listeners Listeners that are open before the broker may do anything.
fetch.max.bytes Bytes in one answer to Fetch at most.
fetch.purgatory.purge.interval.requests After how many Fetches those that are over are taken out of the list of waiting ones.
follower.fetch.last.tiered.offset.enable Whether an empty follower begins where tiered storage ends.
group.consumer.assignors How partitions are shared out in groups of the consumer protocol: the first is what a group uses that asks for none.
group.consumer.max.size Members that a group of the consumer protocol may have.
group.consumer.migration.policy Whether groups change between the classic and the consumer protocol while they run.
group.coordinator.append.linger.ms How long the group coordinator waits for more records before it writes; -1 lets it decide.
group.coordinator.background.threads Threads for what the group coordinator does on the side.
group.coordinator.cached.buffer.max.bytes The largest buffer that the group coordinator keeps for its next write.
group.coordinator.rebalance.protocols The protocols that groups may use.
group.coordinator.threads Threads of the group coordinator.
group.initial.rebalance.delay.ms How long a new classic group waits for more members.
group.max.session.timeout.ms The longest session that a member of a classic group may ask for.
group.max.size Members that a classic group may have.
group.min.session.timeout.ms The shortest session that a member of a classic group may ask for.
group.share.assignors How partitions are shared out in share groups.
group.share.max.share.sessions Share sessions that are kept at most.
group.share.max.size Members that a share group may have.
group.streams.max.size Members that a streams group may have.
group.streams.max.standby.replicas The most standby replicas that a streams group may ask for.
initial.broker.registration.timeout.ms How long a broker may take to register when it starts.
inter.broker.listener.name The listener that brokers use among themselves.
kafka.metrics.polling.interval.secs How often reporters of the old kind ask for metrics.
kafka.metrics.reporters Classes of the old kind that metrics are given to.
leader.imbalance.check.interval.seconds How often it is looked whether leadership has to go back to the preferred replicas.
listener.security.protocol.map Which listener has which kind of security.
listeners Where the broker listens.
log.cleaner.backoff.ms How long the cleaner rests when there is nothing to compact.
log.cleaner.dedupe.buffer.size Memory for the keys of what is compacted.
log.cleaner.enable Whether topics are compacted at all.
log.cleaner.io.buffer.load.factor How full the memory for keys may get.
log.cleaner.io.buffer.size Memory for what the cleaner reads and writes.
log.cleaner.io.max.bytes.per.second How fast the cleaner may read and write.
log.cleaner.threads Threads that compact.
log.dir Where data are kept, if log.dirs does not say.
log.dir.failure.timeout.ms After how long a broker stops that cannot tell its controller of a broken directory.
log.dirs Where data are kept.
log.flush.offset.checkpoint.interval.ms How often it is written down how far logs are synced.
log.flush.scheduler.interval.ms How often it is looked whether a log has to be synced.
log.flush.start.offset.checkpoint.interval.ms How often the beginnings of logs are written down.
log.retention.check.interval.ms How often it is looked what has outlived its retention.
log.retention.hours As log.retention.ms, in hours, if the shorter units are not set.
log.retention.minutes As log.retention.ms, in minutes, if that is not set.
log.roll.hours As log.roll.ms, in hours, if that is not set.
log.roll.jitter.hours As log.roll.jitter.ms, in hours, if that is not set.
max.connection.creation.rate Connections that may be opened in a second.
max.connections Connections that may be open.
max.connections.per.ip Connections from one address that may be open.
max.connections.per.ip.overrides Other limits for single addresses.
max.incremental.fetch.session.cache.slots Fetch sessions that are kept.
max.request.partition.size.limit Partitions in one answer to DescribeTopicPartitions at most.
metadata.log.dir Where the cluster's metadata are kept, if not with the data.
metadata.log.max.record.bytes.between.snapshots Bytes of metadata after which a snapshot is written.
metadata.log.max.snapshot.interval.ms After how long a snapshot of the metadata is written.
metadata.log.segment.bytes When a segment of the metadata is this large a new one begins.
metadata.log.segment.ms When a segment of the metadata is this old a new one begins.
metadata.max.idle.interval.ms How often a controller writes something when nothing happens.
metadata.max.retention.bytes Bytes of metadata and snapshots after which the oldest go.
metadata.max.retention.ms After how long metadata go that a snapshot has replaced.
metric.reporters Classes that metrics are given to.
metrics.num.samples Samples that a metric is measured by.
metrics.recording.level The least important metrics that are recorded.
metrics.sample.window.ms How long one such sample is.
node.id The number of this broker in its cluster.
num.io.threads Threads that serve requests.
num.network.threads Threads that read requests and write answers, for each listener.
num.partitions Partitions of a topic whose maker does not say.
num.recovery.threads.per.data.dir Threads for each directory that read logs at the start.
num.replica.alter.log.dirs.threads Threads that move replicas between directories.
num.replica.fetchers Threads that copy from each other broker.
offset.metadata.max.bytes The longest text that may stand beside a committed offset.
offsets.commit.timeout.ms How long a commit of offsets waits for its replicas.
offsets.load.buffer.size Memory to read offsets with when a coordinator takes over.
offsets.retention.check.interval.ms How often it is looked which offsets have expired.
offsets.retention.minutes How long the offsets of a group are kept that has no members.
offsets.topic.compression.codec How committed offsets are compressed.
offsets.topic.num.partitions Partitions of the topic of committed offsets.
offsets.topic.replication.factor Replicas of the topic of committed offsets.
offsets.topic.segment.bytes Size of a segment of the topic of committed offsets.
principal.builder.class A class that says who somebody is that has logged in.
process.roles Whether this process is a broker, a controller, or both.
producer.id.expiration.ms After how long a partition forgets an idempotent producer that writes no more.
producer.purgatory.purge.interval.requests After how many Produces those that are over are taken out of the list of waiting ones.
queued.max.request.bytes Bytes of requests that may wait before no more are read.
queued.max.requests Requests that may wait before no more are read.
quota.window.num Samples that are kept to measure what clients use.
quota.window.size.seconds How long one such sample is.
remote.fetch.max.wait.ms How long a Fetch waits for tiered storage at most.
remote.list.offsets.request.timeout.ms How long a ListOffsets waits for tiered storage at most.
remote.log.index.file.cache.total.size.bytes Disk that indexes of tiered storage may take here.
remote.log.manager.copier.thread.pool.size Threads that copy to tiered storage.
remote.log.manager.copy.max.bytes.per.second How fast may be copied to tiered storage.
remote.log.manager.copy.quota.window.num Samples that are kept to measure how fast that goes.
remote.log.manager.copy.quota.window.size.seconds How long one such sample is.
remote.log.manager.expiration.thread.pool.size Threads that delete from tiered storage.
remote.log.manager.fetch.max.bytes.per.second How fast may be read from tiered storage.
remote.log.manager.fetch.quota.window.num Samples that are kept to measure how fast that goes.
remote.log.manager.fetch.quota.window.size.seconds How long one such sample is.
remote.log.manager.follower.thread.pool.size Threads that followers have for tiered storage.
remote.log.manager.task.interval.ms How often it is looked what has to go to tiered storage.
remote.log.manager.thread.pool.size Threads for tiered storage.
remote.log.metadata.custom.metadata.max.bytes Bytes that a plugin may keep for a segment in tiered storage.
remote.log.metadata.manager.class.name A class that knows what is in tiered storage.
remote.log.metadata.manager.class.path Where that class is.
remote.log.metadata.manager.impl.prefix How names of settings begin that are meant for that class.
remote.log.metadata.manager.listener.name The listener that that class uses.
remote.log.reader.max.pending.tasks Reads of tiered storage that may wait.
remote.log.reader.threads Threads that read tiered storage.
remote.log.storage.manager.class.name A class that stores segments elsewhere.
remote.log.storage.manager.class.path Where that class is.
remote.log.storage.manager.impl.prefix How names of settings begin that are meant for that class.
remote.log.storage.system.enable Whether there is tiered storage.
replica.fetch.backoff.ms How long a follower waits after a Fetch that failed.
replica.fetch.max.bytes Bytes of a partition in one answer to a follower at most.
replica.fetch.min.bytes Bytes that a follower waits for.
replica.fetch.response.max.bytes Bytes in one answer to a follower at most.
replica.fetch.wait.max.ms How long a follower waits for bytes.
replica.high.watermark.checkpoint.interval.ms How often high watermarks are written down.
replica.lag.time.max.ms After how long a follower that has not caught up is no longer in sync.
replica.selector.class A class that says which replica a consumer is to read from.
replica.socket.receive.buffer.bytes Buffer of the sockets that followers read from.
replica.socket.timeout.ms How long a follower waits for an answer.
replication.quota.window.num Samples that are kept to measure replication.
replication.quota.window.size.seconds How long one such sample is.
request.timeout.ms How long this broker waits for the answer of another one.
sasl.client.callback.handler.class A class that gives this broker's own credentials when it logs in elsewhere.
sasl.enabled.mechanisms The ways in which clients may log in.
sasl.jaas.config How logins are configured, in the form of JAAS.
sasl.kerberos.kinit.cmd Where kinit is.
sasl.kerberos.min.time.before.relogin How long a Kerberos login is left alone at least.
sasl.kerberos.principal.to.local.rules How a Kerberos principal becomes a short name.
sasl.kerberos.service.name The name that this broker has in Kerberos.
sasl.kerberos.ticket.renew.jitter How far the renewals of tickets are scattered.
sasl.kerberos.ticket.renew.window.factor At what part of its life a ticket is renewed.
sasl.login.callback.handler.class A class that a login gets its credentials from.
sasl.login.class A class that logs in.
sasl.login.connect.timeout.ms How long a login waits for a connection to the identity provider.
sasl.login.read.timeout.ms How long a login waits for the identity provider's answer.
sasl.login.refresh.buffer.seconds How long before its end a login is renewed at the latest.
sasl.login.refresh.min.period.seconds How long a login is left alone at least.
sasl.login.refresh.window.factor At what part of its life a login is renewed.
sasl.login.refresh.window.jitter How far the renewals of logins are scattered.
sasl.login.retry.backoff.max.ms How long is waited at most before the identity provider is asked again.
sasl.login.retry.backoff.ms How long is waited before the identity provider is asked again.
sasl.mechanism.controller.protocol How this process logs in to controllers.
sasl.mechanism.inter.broker.protocol How this broker logs in to other ones.
sasl.oauthbearer.assertion.algorithm How an assertion for the token endpoint is signed.
sasl.oauthbearer.assertion.claim.aud For whom the assertion is.
sasl.oauthbearer.assertion.claim.exp.seconds How long the assertion counts.
sasl.oauthbearer.assertion.claim.iss Who makes the assertion.
sasl.oauthbearer.assertion.claim.jti.include Whether each assertion has an id.
sasl.oauthbearer.assertion.claim.nbf.seconds From how long before now the assertion counts.
sasl.oauthbearer.assertion.claim.sub About whom the assertion is.
sasl.oauthbearer.assertion.file A file with an assertion that is ready.
sasl.oauthbearer.assertion.private.key.file The key that assertions are signed with.
sasl.oauthbearer.assertion.private.key.passphrase What that key is locked with.
sasl.oauthbearer.assertion.template.file More claims and headers of an assertion.
sasl.oauthbearer.client.credentials.client.id The id that is shown to the token endpoint.
sasl.oauthbearer.client.credentials.client.secret The secret that is shown to the token endpoint.
sasl.oauthbearer.clock.skew.seconds How far the clocks of a token's issuer and of the broker may differ.
sasl.oauthbearer.expected.audience For whom tokens have to be.
sasl.oauthbearer.expected.issuer Who has to have made tokens.
sasl.oauthbearer.jwks.endpoint.refresh.ms How often the keys of the issuer are read again.
sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms How long is waited at most before they are asked for again.
sasl.oauthbearer.jwks.endpoint.retry.backoff.ms How long is waited before they are asked for again.
sasl.oauthbearer.jwks.endpoint.url Where the keys of the issuer are.
sasl.oauthbearer.jwt.retriever.class A class that gets tokens.
sasl.oauthbearer.jwt.validator.class A class that checks tokens.
sasl.oauthbearer.scope The scope that a token is asked for.
sasl.oauthbearer.scope.claim.name The claim that has a token's scope.
sasl.oauthbearer.sub.claim.name The claim that says whose a token is.
sasl.oauthbearer.token.endpoint.url Where tokens are got.
sasl.server.callback.handler.class A class that checks the credentials of clients.
sasl.server.max.receive.size The largest message of a login.
security.inter.broker.protocol The kind of security that brokers use among themselves.
security.providers Classes of security providers that the process adds.
share.coordinator.append.linger.ms How long the share coordinator waits for more records before it writes; -1 lets it decide.
share.coordinator.cached.buffer.max.bytes The largest buffer that the share coordinator keeps for its next write.
share.coordinator.load.buffer.size Memory to read the state of share groups with when a coordinator takes over.
share.coordinator.snapshot.update.records.per.snapshot Changes that the share coordinator writes between two snapshots.
share.coordinator.state.topic.compression.codec How the state of share groups is compressed.
share.coordinator.state.topic.min.isr Replicas in sync that the state of share groups needs.
share.coordinator.state.topic.num.partitions Partitions of the topic with the state of share groups.
share.coordinator.state.topic.replication.factor Replicas of the topic with the state of share groups.
share.coordinator.state.topic.segment.bytes Size of a segment of the topic with the state of share groups.
share.coordinator.threads Threads of the share coordinator.
share.coordinator.write.timeout.ms How long the share coordinator waits for its replicas.
share.fetch.purgatory.purge.interval.requests After how many ShareFetches those that are over are taken out of the list of waiting ones.
socket.connection.setup.timeout.max.ms How long is waited at most for a connection to another broker.
socket.connection.setup.timeout.ms How long is waited for a connection to another broker.
socket.listen.backlog.size Connections that may wait to be accepted.
socket.receive.buffer.bytes Receive buffer of clients' sockets.
socket.request.max.bytes The largest request.
socket.send.buffer.bytes Send buffer of clients' sockets.
ssl.allow.dn.changes Whether a new certificate may have another distinguished name.
ssl.allow.san.changes Whether a new certificate may have other alternative names.
ssl.cipher.suites The cipher suites that may be used.
ssl.client.auth Whether clients have to show a certificate.
ssl.enabled.protocols The versions of TLS that may be used.
ssl.endpoint.identification.algorithm How a server's name is held against its certificate.
ssl.engine.factory.class A class that makes TLS connections.
ssl.key.password What the private key is locked with.
ssl.keymanager.algorithm The algorithm of the key manager.
ssl.keystore.certificate.chain The certificates, as PEM.
ssl.keystore.key The private key, as PEM.
ssl.keystore.location The file with the key and its certificates.
ssl.keystore.password What that file is locked with.
ssl.keystore.type The form of that file.
ssl.principal.mapping.rules How a certificate's distinguished name becomes the name of a user.
ssl.protocol The version of TLS that is preferred.
ssl.provider The security provider for TLS.
ssl.secure.random.implementation Where random numbers come from.
ssl.trustmanager.algorithm The algorithm of the trust manager.
ssl.truststore.certificates The certificates that are trusted, as PEM.
ssl.truststore.location The file with the certificates that are trusted.
ssl.truststore.password What that file is locked with.
ssl.truststore.type The form of that file.
telemetry.max.bytes Bytes of metrics that a client may push at a time.
transaction.abort.timed.out.transaction.cleanup.interval.ms How often it is looked which transactions take too long.
transaction.max.timeout.ms The longest time-out that a transactional producer may ask for.
transaction.partition.verification.enable Whether it is checked that a partition is in the transaction before it is written to.
transaction.remove.expired.transaction.cleanup.interval.ms How often it is looked which transactional ids have expired.
transaction.state.log.load.buffer.size Memory to read transactions with when a coordinator takes over.
transaction.state.log.min.isr Replicas in sync that the state of transactions needs.
transaction.state.log.num.partitions Partitions of the topic with the state of transactions.
transaction.state.log.replication.factor Replicas of the topic with the state of transactions.
transaction.state.log.segment.bytes Size of a segment of the topic with the state of transactions.
transaction.two.phase.commit.enable Whether producers may take part in a two-phase commit.
transactional.id.expiration.ms How long a transactional id that nobody uses is known.
`
