import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Copies one topic to another, exactly once: what it wrote and how far it read are one transaction. Every fifth one it aborts and does again.
 * Arguments: address, from, to, group, transactional id. It runs until it is killed.
 */
public class CopyInTransactions {
  public static void main(String[] args) {
    String from = args[1];
    String to = args[2];
    Properties consuming = new Properties();
    consuming.put("bootstrap.servers", args[0]);
    consuming.put("group.id", args[3]);
    consuming.put("isolation.level", "read_committed");
    consuming.put("enable.auto.commit", "false");
    consuming.put("auto.offset.reset", "earliest");
    consuming.put("max.poll.records", "100");
    consuming.put("session.timeout.ms", "6000");
    Properties producing = new Properties();
    producing.put("bootstrap.servers", args[0]);
    producing.put("transactional.id", args[4]);
    KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(consuming, new StringDeserializer(), new StringDeserializer());
    KafkaProducer<String, String> producer =
        new KafkaProducer<>(producing, new StringSerializer(), new StringSerializer());
    producer.initTransactions();
    consumer.subscribe(List.of(from));
    for (int count = 1; ; ) {
      ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(200));
      if (records.isEmpty()) continue;
      producer.beginTransaction();
      Map<TopicPartition, OffsetAndMetadata> ends = new HashMap<>();
      Map<TopicPartition, Long> starts = new HashMap<>();
      for (ConsumerRecord<String, String> record : records) {
        producer.send(new ProducerRecord<>(to, record.partition(), record.key(), record.value()));
        TopicPartition partition = new TopicPartition(from, record.partition());
        starts.putIfAbsent(partition, record.offset());
        ends.put(partition, new OffsetAndMetadata(record.offset() + 1));
      }
      producer.sendOffsetsToTransaction(ends, consumer.groupMetadata());
      if (count++ % 5 == 0) {
        producer.abortTransaction();
        starts.forEach(consumer::seek);
      } else {
        producer.commitTransaction();
        System.out.println("copied " + records.count());
      }
    }
  }
}
