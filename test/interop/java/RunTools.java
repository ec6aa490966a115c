import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs the main methods of Kafka's tools one after the other, or side by side, in one process, which saves each its start. A line on the
 * standard input is a number, a main class, what the tool is to read, and its arguments, all but the number in base64 behind a dot. The answer is a line
 * with that number, the exit status, and what it wrote to both of its streams, likewise.
 */
public class RunTools {
  /** A tool wants to exit. */
  private static final class Ended extends Error {}

  /** One run. Threads that it starts write to the same places. */
  private static final class Run {
    final ByteArrayOutputStream out = new ByteArrayOutputStream();
    final ByteArrayOutputStream err = new ByteArrayOutputStream();
    final List<Runnable> hooks = new ArrayList<>();
    private int code = -1;
    private boolean isHeard = true;

    /** The first exit counts, and what comes after it is not heard. */
    synchronized void exit(int status) {
      if (code < 0) code = status;
      isHeard = false;
    }

    /** Does what is to be done at the end of the process, and says how it ended. */
    int end() {
      exit(0);
      isHeard = true;
      hooks.forEach(Runnable::run);
      return code;
    }

    synchronized void write(ByteArrayOutputStream to, byte[] bytes, int from, int length) {
      if (isHeard) to.write(bytes, from, length);
    }
  }

  private static final InheritableThreadLocal<Run> CURRENT = new InheritableThreadLocal<>();

  public static void main(String[] args) throws Exception {
    PrintStream answers = System.out;
    BufferedReader questions = new BufferedReader(new InputStreamReader(System.in));
    System.setOut(new PrintStream(stream(false), true));
    System.setErr(new PrintStream(stream(true), true));
    Exit.setExitProcedure((status, message) -> exit(status));
    Exit.setHaltProcedure((status, message) -> exit(status));
    Exit.setShutdownHookAdder((name, hook) -> CURRENT.get().hooks.add(hook));
    for (String line; (line = questions.readLine()) != null; ) {
      String[] words = line.split(" ");
      String[] texts = Arrays.stream(words).skip(1).map(RunTools::decoded).toArray(String[]::new);
      Thread thread = new Thread(() -> answer(answers, words[0], texts));
      thread.setDaemon(true);
      thread.start();
    }
  }

  private static void answer(PrintStream answers, String number, String[] texts) {
    Run run = new Run();
    CURRENT.set(run);
    // Tools take their input at the start; those that read any are not started side by side.
    System.setIn(new ByteArrayInputStream(texts[1].getBytes(StandardCharsets.UTF_8)));
    try {
      String[] args = Arrays.copyOfRange(texts, 2, texts.length);
      Class.forName(texts[0]).getMethod("main", String[].class).invoke(null, (Object) args);
    } catch (InvocationTargetException failed) {
      if (!(failed.getCause() instanceof Ended)) System.err.println(failed.getCause());
      run.exit(1);
    } catch (ReflectiveOperationException wrong) {
      System.err.println(wrong);
      run.exit(1);
    }
    int code = run.end();
    Base64.Encoder base64 = Base64.getEncoder();
    String said = " ." + base64.encodeToString(run.out.toByteArray()) + " ." + base64.encodeToString(run.err.toByteArray());
    synchronized (answers) {
      answers.println(number + " " + code + said);
      answers.flush();
    }
  }

  private static void exit(int status) {
    Run run = CURRENT.get();
    if (run != null) run.exit(status);
    throw new Ended();
  }

  private static OutputStream stream(boolean isErr) {
    return new OutputStream() {
      @Override
      public void write(int octet) {
        write(new byte[] {(byte) octet}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int from, int length) {
        Run run = CURRENT.get();
        if (run != null) run.write(isErr ? run.err : run.out, bytes, from, length);
      }
    };
  }

  private static String decoded(String word) {
    return new String(Base64.getDecoder().decode(word.substring(1)), StandardCharsets.UTF_8);
  }
}
