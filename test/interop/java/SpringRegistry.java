import java.util.Arrays;
import org.springframework.cloud.stream.schema.SchemaNotFoundException;
import org.springframework.cloud.stream.schema.SchemaReference;
import org.springframework.cloud.stream.schema.client.ConfluentSchemaRegistryClient;
import org.springframework.web.client.HttpStatusCodeException;

/** Spring Cloud's client of Confluent's registry: URL SUBJECT. It plays its scenario, and writes a line for each step. */
class SpringRegistry {
  private static final String FIRST = "{\"type\":\"record\",\"name\":\"Order\",\"fields\":[{\"name\":\"id\",\"type\":\"long\"}]}";
  private static final String SECOND =
      "{\"type\":\"record\",\"name\":\"Order\",\"fields\":[{\"name\":\"id\",\"type\":\"long\"},{\"name\":\"note\",\"type\":\"string\",\"default\":\"\"}]}";
  private static final String UNFIT =
      "{\"type\":\"record\",\"name\":\"Order\",\"fields\":[{\"name\":\"id\",\"type\":\"long\"},{\"name\":\"sum\",\"type\":\"long\"}]}";

  public static void main(String[] args) {
    var subject = args[1];
    var client = new ConfluentSchemaRegistryClient();
    client.setEndpoint(args[0]);
    var first = client.register(subject, "avro", FIRST);
    var second = client.register(subject, "avro", SECOND);
    var again = client.register(subject, "avro", FIRST);
    tell("versions", first.getSchemaReference().getVersion(), second.getSchemaReference().getVersion(), again.getSchemaReference().getVersion());
    tell("one id", first.getId() == again.getId(), "another", first.getId() != second.getId());
    tell("by id", client.fetch(first.getId()).equals(FIRST), client.fetch(second.getId()).equals(SECOND));
    tell("by version", client.fetch(new SchemaReference(subject, 2, "avro")).equals(SECOND));
    try {
      client.register(subject, "avro", UNFIT);
      tell("taken");
    } catch (RuntimeException error) {
      var http = (HttpStatusCodeException) (error.getCause() == null ? error : error.getCause());
      tell("refused", http.getRawStatusCode(), http.getResponseBodyAsString().contains("READER_FIELD_MISSING_DEFAULT_VALUE"));
    }
    try {
      client.fetch(2_000_000_000);
      tell("found");
    } catch (SchemaNotFoundException error) {
      tell("not found");
    }
  }

  private static void tell(Object... what) {
    System.out.println(String.join(" ", Arrays.stream(what).map(String::valueOf).toList()));
  }
}
