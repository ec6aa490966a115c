import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * What an application does with Kafka's client, in words that every version of it since 2.1 has: topics and settings, idempotent producers in every
 * compression, groups that share and go on, transactions, look-up by time, deletion. Arguments: address, a name to begin all names with.
 */
public class OlderClient {
  static final int EACH = 100;
  static final List<String> CODECS = Arrays.asList("none", "gzip", "snappy", "lz4", "zstd");
  static String address;
  static String name;

  public static void main(String[] args) throws Exception {
    address = args[0];
    name = args[1];
    Properties properties = new Properties();
    properties.put("bootstrap.servers", address);
    try (AdminClient admin = AdminClient.create(properties)) {
      topics(admin);
      records();
      groups(admin);
      transactions(admin);
      deletions(admin);
    }
    System.out.println("all is well");
  }

  static void check(boolean holds, Object what) {
    if (!holds) throw new AssertionError(String.valueOf(what));
  }

  static void topics(AdminClient admin) throws Exception {
    NewTopic topic = new NewTopic(name, 2, (short) 1).configs(Collections.singletonMap("retention.ms", "3600000"));
    admin.createTopics(Arrays.asList(topic, new NewTopic(name + "-copy", 1, (short) 1))).all().get();
    check(admin.listTopics().names().get().contains(name), "the topic is listed");
    check(admin.describeCluster().nodes().get().size() == 1, "one node");
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
    String retention =
        admin.describeConfigs(Collections.singleton(resource)).all().get().get(resource).get("retention.ms").value();
    check(retention.equals("3600000"), retention);
  }

  static KafkaProducer<String, String> producer(String setting, String value) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", address);
    properties.put("enable.idempotence", "true");
    properties.put(setting, value);
    return new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer());
  }

  static KafkaConsumer<String, String> consumer(String group) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", address);
    if (group != null) properties.put("group.id", group);
    properties.put("enable.auto.commit", "false");
    properties.put("auto.offset.reset", "earliest");
    properties.put("isolation.level", "read_committed");
    properties.put("session.timeout.ms", "6000");
    return new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
  }

  /** Values of so many records, or of fewer if no more come. */
  static List<ConsumerRecord<String, String>> take(KafkaConsumer<String, String> consumer, int count) {
    List<ConsumerRecord<String, String>> taken = new ArrayList<>();
    for (long until = System.currentTimeMillis() + 20_000; taken.size() < count && System.currentTimeMillis() < until; )
      consumer.poll(Duration.ofMillis(200)).forEach(taken::add);
    return taken;
  }

  static void records() throws Exception {
    for (String codec : CODECS) {
      try (KafkaProducer<String, String> producer = producer("compression.type", codec)) {
        RecordMetadata last = null;
        for (int i = 0; i < EACH; i++) {
          ProducerRecord<String, String> record = new ProducerRecord<>(name, i % 2, "key " + i, codec + " " + i);
          record.headers().add("codec", codec.getBytes());
          last = producer.send(record).get();
        }
        check(last.offset() == (CODECS.indexOf(codec) + 1) * EACH / 2 - 1, last);
      }
    }
    TopicPartition first = new TopicPartition(name, 0);
    try (KafkaConsumer<String, String> consumer = consumer(null)) {
      consumer.assign(Collections.singleton(first));
      consumer.seekToBeginning(Collections.singleton(first));
      int half = CODECS.size() * EACH / 2;
      List<ConsumerRecord<String, String>> all = take(consumer, half);
      check(all.size() == half, all.size());
      for (int i = 0; i < half; i++) {
        ConsumerRecord<String, String> record = all.get(i);
        String codec = CODECS.get(i * 2 / EACH);
        check(record.offset() == i && record.value().equals(codec + " " + i * 2 % EACH), record);
        check(new String(record.headers().lastHeader("codec").value()).equals(codec), record);
      }
      long time = all.get(60).timestamp();
      OffsetAndTimestamp found = consumer.offsetsForTimes(Collections.singletonMap(first, time)).get(first);
      check(found.offset() <= 60 && found.timestamp() == time, found);
      check(consumer.endOffsets(Collections.singleton(first)).get(first) == half, "the end");
      consumer.seek(first, 200);
      check(take(consumer, 1).get(0).offset() == 200, "goes on where it was sent");
    }
  }

  static void groups(AdminClient admin) throws Exception {
    String group = name + "-group";
    int count = CODECS.size() * EACH;
    try (KafkaConsumer<String, String> one = consumer(group)) {
      one.subscribe(Collections.singleton(name));
      check(take(one, count).size() == count, "all of it");
      one.commitSync();
      try (KafkaConsumer<String, String> other = consumer(group)) {
        other.subscribe(Collections.singleton(name));
        long until = System.currentTimeMillis() + 30_000;
        while (one.assignment().size() != 1 || other.assignment().size() != 1) {
          check(System.currentTimeMillis() < until, one.assignment() + " and " + other.assignment());
          one.poll(Duration.ofMillis(100));
          other.poll(Duration.ofMillis(100));
        }
        int members =
            admin.describeConsumerGroups(Collections.singleton(group)).describedGroups().get(group).get().members().size();
        check(members == 2, members);
      }
    }
    Map<TopicPartition, OffsetAndMetadata> kept =
        admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
    for (int partition = 0; partition < 2; partition++)
      check(kept.get(new TopicPartition(name, partition)).offset() == count / 2, kept);
    try (KafkaConsumer<String, String> again = consumer(group)) {
      again.subscribe(Collections.singleton(name));
      while (again.assignment().isEmpty()) check(again.poll(Duration.ofMillis(200)).isEmpty(), "nothing comes twice");
    }
  }

  static void transactions(AdminClient admin) throws Exception {
    String copy = name + "-copy";
    String group = name + "-copying";
    Map<TopicPartition, OffsetAndMetadata> read = new HashMap<>();
    read.put(new TopicPartition(name, 0), new OffsetAndMetadata(7));
    try (KafkaProducer<String, String> producer = producer("transactional.id", name + "-id")) {
      producer.initTransactions();
      for (int round = 0; round < 4; round++) {
        producer.beginTransaction();
        for (int i = 0; i < 10; i++) producer.send(new ProducerRecord<>(copy, round + " " + i));
        if (round == 2) sendOffsets(producer, read, group);
        if (round % 2 == 0) producer.commitTransaction();
        else producer.abortTransaction();
      }
    }
    try (KafkaConsumer<String, String> consumer = consumer(name + "-reader")) {
      consumer.subscribe(Collections.singleton(copy));
      List<ConsumerRecord<String, String>> seen = take(consumer, 20);
      for (int i = 0; i < 20; i++) check(seen.get(i).value().equals(i / 10 * 2 + " " + i % 10), seen.get(i));
      check(consumer.poll(Duration.ofMillis(300)).isEmpty(), "what was aborted is not seen");
    }
    Map<TopicPartition, OffsetAndMetadata> kept =
        admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
    check(kept.get(new TopicPartition(name, 0)).offset() == 7, kept);
  }

  /** Since 2.5 with what is known of the member, before 4.0 also with the group's name alone. */
  static void sendOffsets(KafkaProducer<String, String> producer, Map<TopicPartition, OffsetAndMetadata> read, String group)
      throws Exception {
    try {
      Class<?> metadata = Class.forName("org.apache.kafka.clients.consumer.ConsumerGroupMetadata");
      Object member = metadata.getConstructor(String.class).newInstance(group);
      KafkaProducer.class.getMethod("sendOffsetsToTransaction", Map.class, metadata).invoke(producer, read, member);
    } catch (ClassNotFoundException | NoSuchMethodException older) {
      KafkaProducer.class.getMethod("sendOffsetsToTransaction", Map.class, String.class).invoke(producer, read, group);
    }
  }

  static void deletions(AdminClient admin) throws Exception {
    TopicPartition first = new TopicPartition(name, 0);
    long low =
        admin
            .deleteRecords(Collections.singletonMap(first, RecordsToDelete.beforeOffset(100)))
            .lowWatermarks()
            .get(first)
            .get()
            .lowWatermark();
    check(low == 100, low);
    admin.deleteConsumerGroups(Arrays.asList(name + "-group", name + "-copying", name + "-reader")).all().get();
    admin.deleteTopics(Arrays.asList(name, name + "-copy")).all().get();
    Set<String> left = admin.listTopics().names().get();
    check(!left.contains(name), left);
  }
}
