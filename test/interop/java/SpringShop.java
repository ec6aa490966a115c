import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.springframework.amqp.AmqpRejectAndDontRequeueException;
import org.springframework.amqp.core.*;
import org.springframework.amqp.rabbit.annotation.EnableRabbit;
import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.amqp.rabbit.config.RetryInterceptorBuilder;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.config.DirectRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.connection.CorrelationData;
import org.springframework.amqp.rabbit.core.RabbitAdmin;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.amqp.rabbit.retry.RejectAndDontRequeueRecoverer;
import org.springframework.amqp.rabbit.transaction.RabbitTransactionManager;
import org.springframework.amqp.support.AmqpHeaders;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * An application of the kind that Spring AMQP's reference builds: URI. It plays its scenarios one after the other, and writes a line for each:
 * its name, and "well" or why not.
 */
@Configuration
@EnableRabbit
public class SpringShop {
  private static final String PREFIX = "interop.spring." + UUID.randomUUID();
  private static final long PATIENCE_MS = 20_000;
  private static String uri;

  private static String name(String what) {
    return PREFIX + "." + what;
  }

  @Bean
  CachingConnectionFactory connectionFactory() {
    CachingConnectionFactory factory = new CachingConnectionFactory();
    factory.setUri(uri);
    factory.setPublisherConfirmType(CachingConnectionFactory.ConfirmType.CORRELATED);
    factory.setPublisherReturns(true);
    return factory;
  }

  /** Confirms and transactions are not for one channel. */
  @Bean
  CachingConnectionFactory transacted() {
    CachingConnectionFactory factory = new CachingConnectionFactory();
    factory.setUri(uri);
    return factory;
  }

  @Bean
  RabbitAdmin admin(CachingConnectionFactory connectionFactory) {
    return new RabbitAdmin(connectionFactory);
  }

  @Bean
  RabbitTemplate template(CachingConnectionFactory connectionFactory) {
    RabbitTemplate template = new RabbitTemplate(connectionFactory);
    template.setMandatory(true);
    template.setReplyTimeout(PATIENCE_MS);
    return template;
  }

  @Bean
  RabbitTransactionManager transactions(CachingConnectionFactory transacted) {
    return new RabbitTransactionManager(transacted);
  }

  @Bean
  SimpleRabbitListenerContainerFactory retrying(CachingConnectionFactory connectionFactory) {
    SimpleRabbitListenerContainerFactory factory = new SimpleRabbitListenerContainerFactory();
    factory.setConnectionFactory(connectionFactory);
    factory.setConcurrentConsumers(2);
    factory.setPrefetchCount(10);
    factory.setRecoveryInterval(200L);
    factory.setAdviceChain(RetryInterceptorBuilder.stateless().maxAttempts(3).backOffOptions(50, 2.0, 200)
        .recoverer(new RejectAndDontRequeueRecoverer()).build());
    return factory;
  }

  @Bean
  DirectRabbitListenerContainerFactory direct(CachingConnectionFactory connectionFactory) {
    DirectRabbitListenerContainerFactory factory = new DirectRabbitListenerContainerFactory();
    factory.setConnectionFactory(connectionFactory);
    factory.setConsumersPerQueue(1);
    factory.setPrefetchCount(1);
    return factory;
  }

  @Bean
  SimpleRabbitListenerContainerFactory inTransactions(CachingConnectionFactory transacted, RabbitTransactionManager transactions) {
    SimpleRabbitListenerContainerFactory factory = new SimpleRabbitListenerContainerFactory();
    factory.setConnectionFactory(transacted);
    factory.setChannelTransacted(true);
    factory.setTransactionManager(transactions);
    return factory;
  }

  @Bean
  SimpleRabbitListenerContainerFactory batches(CachingConnectionFactory connectionFactory) {
    SimpleRabbitListenerContainerFactory factory = new SimpleRabbitListenerContainerFactory();
    factory.setConnectionFactory(connectionFactory);
    factory.setBatchListener(true);
    factory.setConsumerBatchEnabled(true);
    factory.setBatchSize(10);
    factory.setReceiveTimeout(300L);
    return factory;
  }

  private static Queue withDeadLetters(QueueBuilder builder) {
    return builder.deadLetterExchange("").deadLetterRoutingKey(name("dead")).build();
  }

  @Bean
  Declarables topology() {
    TopicExchange events = new TopicExchange(name("events"));
    FanoutExchange news = new FanoutExchange(name("news"));
    Queue north = new AnonymousQueue();
    Queue south = new AnonymousQueue();
    Queue all = QueueBuilder.durable(name("all")).build();
    return new Declarables(events, news, north, south, all,
        QueueBuilder.durable(name("dead")).build(),
        withDeadLetters(QueueBuilder.durable(name("work"))),
        withDeadLetters(QueueBuilder.durable(name("limited")).quorum().deliveryLimit(2)),
        withDeadLetters(QueueBuilder.durable(name("brief")).ttl(100)),
        QueueBuilder.durable(name("rpc")).build(),
        QueueBuilder.durable(name("moves")).build(),
        QueueBuilder.durable(name("moved")).build(),
        QueueBuilder.durable(name("batch")).build(),
        QueueBuilder.durable(name("single")).singleActiveConsumer().build(),
        QueueBuilder.durable(name("full")).maxLength(1L).overflow(QueueBuilder.Overflow.rejectPublish).build(),
        QueueBuilder.durable(name("stream")).stream().build(),
        BindingBuilder.bind(all).to(events).with("order.#"),
        BindingBuilder.bind(north).to(news),
        BindingBuilder.bind(south).to(news));
  }

  @Bean
  Shop shop(RabbitTemplate template) {
    return new Shop(template);
  }

  /** The listeners, and what they have seen. */
  static class Shop {
    final Map<String, AtomicInteger> attempts = new java.util.concurrent.ConcurrentHashMap<>();
    final BlockingQueue<String> done = new LinkedBlockingQueue<>();
    final BlockingQueue<List<Message>> batches = new LinkedBlockingQueue<>();
    final RabbitTemplate template;

    Shop(RabbitTemplate template) {
      this.template = template;
    }

    int attempt(String body) {
      return attempts.computeIfAbsent(body, key -> new AtomicInteger()).incrementAndGet();
    }

    public static String queue(String what) {
      return name(what);
    }

    @RabbitListener(id = "work", queues = "#{T(SpringShop$Shop).queue('work')}", containerFactory = "retrying")
    void work(String body) {
      int attempt = attempt(body);
      if (body.startsWith("bad")) throw new IllegalStateException("never");
      if (body.startsWith("fatal")) throw new AmqpRejectAndDontRequeueException("at once");
      if (body.startsWith("flaky") && attempt < 3) throw new IllegalStateException("not yet");
      done.add(body);
    }

    /** A rejected message has failed; one that is given back by a nack, as a container's own acknowledgements do it, has not. */
    @RabbitListener(queues = "#{T(SpringShop$Shop).queue('limited')}", containerFactory = "direct", ackMode = "MANUAL")
    void limited(String body, com.rabbitmq.client.Channel channel, @Header(AmqpHeaders.DELIVERY_TAG) long tag) throws Exception {
      attempt(body);
      channel.basicReject(tag, true);
    }

    @RabbitListener(queues = "#{T(SpringShop$Shop).queue('rpc')}", containerFactory = "direct")
    String upper(String body) {
      return body.toUpperCase();
    }

    @RabbitListener(queues = "#{T(SpringShop$Shop).queue('moves')}", containerFactory = "inTransactions")
    void moves(Message message, com.rabbitmq.client.Channel channel) throws Exception {
      String body = new String(message.getBody());
      channel.basicPublish("", name("moved"), null, (body + " " + attempt(body)).getBytes());
      if (attempts.get(body).get() < 3) throw new IllegalStateException("roll it back");
    }

    @RabbitListener(queues = "#{T(SpringShop$Shop).queue('batch')}", containerFactory = "batches")
    void batch(List<Message> messages) {
      batches.add(messages);
    }
  }

  interface Scenario {
    void play() throws Exception;
  }

  private static void check(boolean holds, String what) {
    if (!holds) throw new AssertionError(what);
  }

  private static void equal(Object one, Object other) {
    check(java.util.Objects.equals(one, other), one + " is not " + other);
  }

  private static void await(String what, BooleanSupplier done) throws Exception {
    long end = System.currentTimeMillis() + PATIENCE_MS;
    while (!done.getAsBoolean()) {
      check(System.currentTimeMillis() < end, what + " did not come about");
      Thread.sleep(10);
    }
  }

  private final AnnotationConfigApplicationContext context;
  private final RabbitTemplate template;
  private final RabbitAdmin admin;
  private final Shop shop;

  /** Spring makes one, too. */
  public SpringShop() {
    this(null);
  }

  private SpringShop(AnnotationConfigApplicationContext context) {
    this.context = context;
    this.template = context == null ? null : context.getBean(RabbitTemplate.class);
    this.admin = context == null ? null : context.getBean(RabbitAdmin.class);
    this.shop = context == null ? null : context.getBean(Shop.class);
  }

  private Message dead() {
    Message letter = template.receive(name("dead"), PATIENCE_MS);
    check(letter != null, "nothing is dead-lettered");
    return letter;
  }

  private static void died(Message letter, String reason, String queue) {
    Map<String, ?> death = letter.getMessageProperties().getXDeathHeader().get(0);
    equal(death.get("reason"), reason);
    equal(death.get("queue"), queue);
    equal(death.get("count"), 1L);
  }

  private void retry() throws Exception {
    for (String body : List.of("good", "flaky", "bad", "fatal")) template.convertAndSend(name("work"), body);
    Message first = dead();
    Message second = dead();
    died(first, "rejected", name("work"));
    died(second, "rejected", name("work"));
    equal(java.util.Set.of(new String(first.getBody()), new String(second.getBody())), java.util.Set.of("bad", "fatal"));
    java.util.Set<String> done = new java.util.HashSet<>();
    while (done.size() < 2) {
      String body = shop.done.poll(PATIENCE_MS, TimeUnit.MILLISECONDS);
      check(body != null, "only " + done + " were done");
      done.add(body);
    }
    equal(done, java.util.Set.of("good", "flaky"));
    equal(shop.attempts.get("flaky").get(), 3);
    equal(shop.attempts.get("bad").get(), 3);
  }

  private void limit() throws Exception {
    template.convertAndSend(name("limited"), "hopeless");
    died(dead(), "delivery_limit", name("limited"));
    equal(shop.attempts.get("hopeless").get(), 3);
  }

  private void expiry() throws Exception {
    template.convertAndSend(name("brief"), "late");
    died(dead(), "expired", name("brief"));
  }

  private void rpc() throws Exception {
    for (int i = 0; i < 20; i++) equal(template.convertSendAndReceive(name("rpc"), "m" + i), "M" + i);
    RabbitTemplate own = new RabbitTemplate(context.getBean("connectionFactory", CachingConnectionFactory.class));
    own.setUseTemporaryReplyQueues(true);
    own.setReplyTimeout(PATIENCE_MS);
    equal(own.convertSendAndReceive(name("rpc"), "with a queue of its own"), "WITH A QUEUE OF ITS OWN");
  }

  private void confirms() throws Exception {
    CorrelationData good = new CorrelationData("good");
    template.convertAndSend("", name("all"), "x", good);
    CorrelationData.Confirm confirm = good.getFuture().get(PATIENCE_MS, TimeUnit.MILLISECONDS);
    check(confirm.toString().contains("ack=true"), confirm.toString());
    check(good.getReturned() == null, "it went somewhere");
    CorrelationData lost = new CorrelationData("lost");
    template.convertAndSend(name("events"), "nobody", "x", lost);
    check(lost.getFuture().get(PATIENCE_MS, TimeUnit.MILLISECONDS).toString().contains("ack=true"), "it was returned, and is confirmed");
    equal(lost.getReturned().getReplyCode(), 312);
    equal(lost.getReturned().getReplyText(), "NO_ROUTE");
    template.convertAndSend("", name("full"), "one", new CorrelationData("one"));
    CorrelationData over = new CorrelationData("over");
    template.convertAndSend("", name("full"), "two", over);
    check(over.getFuture().get(PATIENCE_MS, TimeUnit.MILLISECONDS).toString().contains("ack=false"), "a full queue refuses");
    CorrelationData nowhere = new CorrelationData("nowhere");
    template.convertAndSend(name("no such exchange"), "k", "x", nowhere);
    check(nowhere.getFuture().get(PATIENCE_MS, TimeUnit.MILLISECONDS).toString().contains("ack=false"), "its channel was closed");
    admin.purgeQueue(name("all"));
  }

  private void topics() throws Exception {
    for (String key : List.of("order.placed", "order.paid.late", "stock.low")) {
      template.convertAndSend(name("events"), key, key, new CorrelationData());
    }
    equal(template.receiveAndConvert(name("all"), PATIENCE_MS), "order.placed");
    equal(template.receiveAndConvert(name("all"), PATIENCE_MS), "order.paid.late");
    equal(template.receive(name("all")), null);
    template.convertAndSend(name("news"), "", "everybody");
    for (Queue queue : context.getBean(Declarables.class).getDeclarablesByType(Queue.class)) {
      if (queue instanceof AnonymousQueue) equal(template.receiveAndConvert(queue.getName(), PATIENCE_MS), "everybody");
    }
  }

  private void transactions() throws Exception {
    template.convertAndSend(name("moves"), "once");
    equal(new String(template.receive(name("moved"), PATIENCE_MS).getBody()), "once 3");
    equal(template.receive(name("moved")), null);
    RabbitTemplate inside = new RabbitTemplate(context.getBean("transacted", CachingConnectionFactory.class));
    inside.setChannelTransacted(true);
    TransactionTemplate transaction = new TransactionTemplate(context.getBean(RabbitTransactionManager.class));
    transaction.executeWithoutResult(status -> {
      inside.convertAndSend(name("moved"), "kept");
      equal(template.receive(name("moved")), null);
    });
    equal(template.receiveAndConvert(name("moved"), PATIENCE_MS), "kept");
    transaction.executeWithoutResult(status -> {
      inside.convertAndSend(name("moved"), "not kept");
      status.setRollbackOnly();
    });
    equal(template.receive(name("moved")), null);
  }

  private void batches() throws Exception {
    for (int i = 0; i < 25; i++) template.convertAndSend(name("batch"), "b" + i);
    // A template has several channels: they come in any order.
    java.util.Set<String> all = new java.util.HashSet<>();
    boolean several = false;
    while (all.size() < 25) {
      List<Message> some = shop.batches.poll(PATIENCE_MS, TimeUnit.MILLISECONDS);
      check(some != null && some.size() <= 10, "a batch of at most ten comes");
      several |= some.size() > 1;
      for (Message one : some) all.add(new String(one.getBody()));
    }
    check(several, "batches of more than one come");
  }

  /** A listener whose queue is deleted is told, and goes on when the queue is there again. */
  private void comesBack() throws Exception {
    admin.deleteQueue(name("work"));
    await("the queue's return", () -> {
      java.util.Properties properties = admin.getQueueProperties(name("work"));
      return properties != null && (int) properties.get(RabbitAdmin.QUEUE_CONSUMER_COUNT) == 2;
    });
    template.convertAndSend(name("work"), "after");
    equal(shop.done.poll(PATIENCE_MS, TimeUnit.MILLISECONDS), "after");
  }

  private void properties() throws Exception {
    template.convertAndSend("", name("all"), Map.of("id", 7), message -> {
      MessageProperties properties = message.getMessageProperties();
      properties.setHeader("tenant", "north");
      properties.setHeader("count", 5L);
      properties.setHeader("nested", Map.of("list", List.of(1, "two")));
      properties.setPriority(4);
      properties.setMessageId("m1");
      properties.setCorrelationId("c1");
      properties.setAppId("shop");
      properties.setType("order");
      return message;
    });
    MessageProperties came = template.receive(name("all"), PATIENCE_MS).getMessageProperties();
    equal(came.getHeader("tenant"), "north");
    equal(came.getHeader("count"), 5L);
    equal(came.getHeader("nested").toString(), "{list=[1, two]}");
    equal(List.of(came.getPriority(), came.getMessageId(), came.getCorrelationId(), came.getAppId(), came.getType()),
        List.of(4, "m1", "c1", "shop", "order"));
    equal(came.getReceivedDeliveryMode(), MessageDeliveryMode.PERSISTENT);
  }

  private void stream() throws Exception {
    for (int i = 0; i < 10; i++) template.convertAndSend(name("stream"), "s" + i);
    var container = new org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer(
        context.getBean("connectionFactory", CachingConnectionFactory.class));
    BlockingQueue<Message> came = new LinkedBlockingQueue<>();
    container.setQueueNames(name("stream"));
    container.setPrefetchCount(100);
    container.setConsumerArguments(Map.of("x-stream-offset", "first"));
    container.setMessageListener(came::add);
    container.start();
    java.util.Set<String> all = new java.util.HashSet<>();
    for (int i = 0; i < 10; i++) {
      Message one = came.poll(PATIENCE_MS, TimeUnit.MILLISECONDS);
      all.add(new String(one.getBody()));
      equal(one.getMessageProperties().getHeader("x-stream-offset"), (long) i);
    }
    equal(all.size(), 10);
    container.stop();
  }

  private void tidy() {
    for (Queue queue : context.getBean(Declarables.class).getDeclarablesByType(Queue.class)) admin.deleteQueue(queue.getName());
    for (Exchange exchange : context.getBean(Declarables.class).getDeclarablesByType(Exchange.class)) admin.deleteExchange(exchange.getName());
  }

  public static void main(String[] args) {
    uri = args[0];
    try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext(SpringShop.class)) {
      SpringShop shop = new SpringShop(context);
      Map<String, Scenario> scenarios = new java.util.LinkedHashMap<>();
      scenarios.put("retry", shop::retry);
      scenarios.put("limit", shop::limit);
      scenarios.put("expiry", shop::expiry);
      scenarios.put("rpc", shop::rpc);
      scenarios.put("confirms", shop::confirms);
      scenarios.put("topics", shop::topics);
      scenarios.put("transactions", shop::transactions);
      scenarios.put("batches", shop::batches);
      scenarios.put("properties", shop::properties);
      scenarios.put("stream", shop::stream);
      scenarios.put("comesBack", shop::comesBack);
      for (Map.Entry<String, Scenario> one : scenarios.entrySet()) {
        String how = "well";
        try {
          one.getValue().play();
        } catch (Throwable error) {
          how = error.toString().replace('\n', ' ');
        }
        System.out.println("scenario " + one.getKey() + ": " + how);
      }
      context.getBean(org.springframework.amqp.rabbit.listener.RabbitListenerEndpointRegistry.class).stop();
      shop.tidy();
    }
  }
}
