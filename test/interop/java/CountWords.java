import java.util.Arrays;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;

/**
 * Counts the words of a topic of lines, and how many different words begin with each letter: two repartition topics, two stores with
 * their changelogs, exactly once. Arguments: address, application, folder for its state, and the topics of the lines, the words' counts,
 * and the letters' counts. It runs until it is killed.
 */
public class CountWords {
  public static void main(String[] args) {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    settings.put("application.id", args[1]);
    settings.put("state.dir", args[2]);
    settings.put("processing.guarantee", "exactly_once_v2");
    settings.put("commit.interval.ms", "100");
    // Every count is told, not only the last one of some.
    settings.put("statestore.cache.max.bytes", "0");
    settings.put("num.stream.threads", "2");
    settings.put("default.key.serde", Serdes.StringSerde.class);
    settings.put("default.value.serde", Serdes.StringSerde.class);
    settings.put("consumer.session.timeout.ms", "6000");
    settings.put("consumer.heartbeat.interval.ms", "500");

    StreamsBuilder builder = new StreamsBuilder();
    KTable<String, Long> counts =
        builder.<String, String>stream(args[3])
            .flatMapValues(line -> Arrays.asList(line.split(" ")))
            .groupBy((key, word) -> word, Grouped.as("words"))
            .count(Materialized.as("counts"));
    counts.toStream().mapValues(String::valueOf).to(args[4]);
    // A word that is new is told as one that there were none of before: that is nothing to take away.
    counts
        .filter((word, count) -> count > 0)
        .groupBy((word, count) -> KeyValue.pair(word.substring(0, 1), word), Grouped.with("letters", Serdes.String(), Serdes.String()))
        .count(Materialized.as("letters"))
        .toStream()
        .mapValues(String::valueOf)
        .to(args[5]);

    KafkaStreams streams = new KafkaStreams(builder.build(), settings);
    streams.setUncaughtExceptionHandler(
        error -> {
          System.out.println(error);
          return StreamThreadExceptionResponse.REPLACE_THREAD;
        });
    streams.setStateListener((now, before) -> System.out.println(now));
    streams.start();
  }
}
