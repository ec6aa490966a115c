import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.EnableKafka;
import org.springframework.kafka.annotation.EnableKafkaRetryTopic;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaAdmin;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.DefaultAfterRollbackProcessor;
import org.springframework.kafka.listener.KafkaMessageListenerContainer;
import org.springframework.kafka.requestreply.ReplyingKafkaTemplate;
import org.springframework.kafka.retrytopic.RetryTopicConfiguration;
import org.springframework.kafka.retrytopic.RetryTopicConfigurationBuilder;
import org.springframework.kafka.transaction.KafkaTransactionManager;
import org.springframework.messaging.handler.annotation.SendTo;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.util.backoff.FixedBackOff;

/**
 * A Spring application: a listener with topics for retries and for the dead, a listener that copies in transactions, some of which fail,
 * and one that answers. Arguments: address, prefix of all names. It tells what became of what it sent.
 */
public class SpringWorker {
  private static final long PATIENCE_S = 60;
  private static String address;
  private static String prefix;

  public static void main(String[] args) throws Exception {
    address = args[0];
    prefix = args[1] + ".";
    try (var context = new AnnotationConfigApplicationContext(Setup.class)) {
      var template = context.getBean("template", KafkaTemplate.class);
      var worker = context.getBean(Worker.class);
      retries(template, worker);
      copies(template, worker);
      asks(context.getBean(ReplyingKafkaTemplate.class));
    }
    System.exit(0);
  }

  private static void retries(KafkaTemplate<String, String> template, Worker worker) throws Exception {
    for (String order : List.of("good 1", "bad 2", "good 3", "late 4")) template.send(prefix + "orders", order).get();
    for (int i = 0; i < 8; i++) System.out.println(next(worker.orders));
  }

  private static void copies(KafkaTemplate<String, String> template, Worker worker) throws Exception {
    for (int i = 0; i < 20; i++) template.send(prefix + "source", 0, null, String.valueOf(i)).get();
    List<String> copied = IntStream.range(0, 20).mapToObj(i -> next(worker.copies)).toList();
    System.out.println("copied " + String.join(" ", copied) + " after " + worker.failures + " failures");
  }

  private static void asks(ReplyingKafkaTemplate<String, String, String> asking) throws Exception {
    asking.waitForAssignment(Duration.ofSeconds(PATIENCE_S));
    for (String word : List.of("post", "horn")) {
      var answer = asking.sendAndReceive(new ProducerRecord<>(prefix + "questions", word), Duration.ofSeconds(PATIENCE_S));
      System.out.println("answered " + answer.get().value());
    }
  }

  private static String next(BlockingQueue<String> from) {
    try {
      String one = from.poll(PATIENCE_S, TimeUnit.SECONDS);
      if (one == null) throw new IllegalStateException("nothing more came");
      return one;
    } catch (InterruptedException stopped) {
      throw new IllegalStateException(stopped);
    }
  }

  public static class Worker {
    final BlockingQueue<String> orders = new LinkedBlockingQueue<>();
    final BlockingQueue<String> copies = new LinkedBlockingQueue<>();
    volatile int failures = 0;
    private final KafkaTemplate<String, String> inTransactions;

    Worker(KafkaTemplate<String, String> inTransactions) {
      this.inTransactions = inTransactions;
    }

    @KafkaListener(id = "orders", groupId = "#{@names.group('orders')}", topics = "#{@names.of('orders')}")
    public void order(ConsumerRecord<String, String> order) {
      String topic = order.topic().substring(prefix.length());
      boolean fails = order.value().startsWith("bad") || order.value().startsWith("late") && topic.equals("orders");
      orders.add((fails ? "failed " : "done ") + order.value() + " in " + topic);
      if (fails) throw new IllegalArgumentException("not today");
    }

    public void dead(ConsumerRecord<String, String> order) {
      orders.add("dead " + order.value() + " in " + order.topic().substring(prefix.length()));
    }

    /** Every fifth one fails after it was sent on, once. */
    @KafkaListener(id = "copier", groupId = "#{@names.group('copier')}", topics = "#{@names.of('source')}", containerFactory = "transactional")
    public void copy(ConsumerRecord<String, String> record) {
      inTransactions.send(prefix + "copy", record.value());
      if (record.offset() % 5 == 4 && failures < record.offset() / 5 + 1) {
        failures++;
        throw new IllegalStateException("once");
      }
    }

    @KafkaListener(id = "copies", groupId = "#{@names.group('copies')}", topics = "#{@names.of('copy')}")
    public void copied(String value) {
      copies.add(value);
    }

    @KafkaListener(id = "answering", groupId = "#{@names.group('answering')}", topics = "#{@names.of('questions')}")
    @SendTo
    public String answer(String question) {
      return question.toUpperCase();
    }
  }

  public static class Names {
    public String of(String name) {
      return prefix + name;
    }

    public String group(String name) {
      return prefix + "group." + name;
    }
  }

  @Configuration
  @EnableKafka
  @EnableKafkaRetryTopic
  public static class Setup {
    private static final Map<String, Object> CONSUMING =
        Map.of("bootstrap.servers", address, "auto.offset.reset", "earliest", "isolation.level", "read_committed", "enable.auto.commit", false);

    @Bean
    Names names() {
      return new Names();
    }

    @Bean
    ThreadPoolTaskScheduler scheduler() {
      return new ThreadPoolTaskScheduler();
    }

    @Bean
    KafkaAdmin admin() {
      return new KafkaAdmin(Map.of("bootstrap.servers", address));
    }

    @Bean
    KafkaAdmin.NewTopics topics() {
      return new KafkaAdmin.NewTopics(
          List.of("orders", "source", "copy", "questions", "answers").stream()
              .map(name -> new NewTopic(prefix + name, 1, (short) 1))
              .toArray(NewTopic[]::new));
    }

    private DefaultKafkaProducerFactory<String, String> producers() {
      return new DefaultKafkaProducerFactory<>(Map.of("bootstrap.servers", address), new StringSerializer(), new StringSerializer());
    }

    @Bean
    KafkaTemplate<String, String> template() {
      return new KafkaTemplate<>(producers());
    }

    @Bean
    DefaultKafkaProducerFactory<String, String> transactionalProducers() {
      var factory = producers();
      factory.setTransactionIdPrefix(prefix + "id.");
      return factory;
    }

    @Bean
    ConsumerFactory<String, String> consumers() {
      return new DefaultKafkaConsumerFactory<>(CONSUMING, new StringDeserializer(), new StringDeserializer());
    }

    @Bean
    ConcurrentKafkaListenerContainerFactory<String, String> kafkaListenerContainerFactory() {
      var factory = new ConcurrentKafkaListenerContainerFactory<String, String>();
      factory.setConsumerFactory(consumers());
      factory.setReplyTemplate(template());
      return factory;
    }

    @Bean
    ConcurrentKafkaListenerContainerFactory<String, String> transactional() {
      var factory = new ConcurrentKafkaListenerContainerFactory<String, String>();
      factory.setConsumerFactory(consumers());
      factory.getContainerProperties().setKafkaAwareTransactionManager(new KafkaTransactionManager<>(transactionalProducers()));
      factory.setAfterRollbackProcessor(new DefaultAfterRollbackProcessor<>(new FixedBackOff(50, 5)));
      return factory;
    }

    @Bean
    RetryTopicConfiguration retries() {
      return RetryTopicConfigurationBuilder.newInstance()
          .fixedBackOff(200)
          .maxAttempts(3)
          .includeTopic(prefix + "orders")
          .dltHandlerMethod("worker", "dead")
          .create(template());
    }

    @Bean
    ReplyingKafkaTemplate<String, String, String> asking() {
      var properties = new ContainerProperties(prefix + "answers");
      properties.setGroupId(prefix + "group.answers");
      var container = new KafkaMessageListenerContainer<>(consumers(), properties);
      return new ReplyingKafkaTemplate<>(producers(), container);
    }

    @Bean
    Worker worker() {
      return new Worker(new KafkaTemplate<>(transactionalProducers()));
    }
  }
}
