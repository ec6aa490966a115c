import type { Attributes, Context as OtelContext, Span } from '@opentelemetry/api'
import type { Engine, Headers } from '../engine.ts'
import type { Middleware } from '../handling.ts'
import type { Telemetry } from './telemetry.ts'

type Api = typeof import('@opentelemetry/api')

const NAME = 'posthorn'
/** Seconds, as OpenTelemetry's conventions have it. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** `messaging.system`, where the conventions have a value for the engine. */
const SYSTEMS: Readonly<Record<string, string>> = { rabbitmq: 'rabbitmq', kafka: 'kafka' }

/** Codes of a package that is not installed: Node's, and that of Jest, which finds modules itself. */
const NOT_THERE: readonly string[] = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']

/** Null unless the application has OpenTelemetry's API. */
export async function openTelemetry(engine: Engine): Promise<Telemetry | null> {
  try {
    return new Otel(await import('@opentelemetry/api'), engine)
  } catch (error) {
    if (NOT_THERE.includes(String((error as NodeJS.ErrnoException).code))) return null
    throw error
  }
}

/** Spans and metrics by OpenTelemetry's conventions for messaging. */
class Otel implements Telemetry {
  readonly middleware: Middleware
  private readonly api: Api
  private readonly system: string
  /** What the API has where no SDK is behind it. */
  private readonly nobody
  /** Meters that come later measure nothing of this bus. */
  private readonly isMeasured: boolean
  private readonly sent
  private readonly consumed
  private readonly operations
  private readonly processing

  constructor(api: Api, engine: Engine) {
    this.api = api
    this.system = SYSTEMS[engine.name] ?? 'posthorn'
    this.nobody = { tracers: new api.ProxyTracerProvider().getDelegate(), meter: api.createNoopMeter() }
    const meter = api.metrics.getMeter(NAME)
    const advice = { explicitBucketBoundaries: BUCKETS }
    this.isMeasured = meter !== this.nobody.meter
    this.sent = meter.createCounter('messaging.client.sent.messages', { unit: '{message}' })
    this.consumed = meter.createCounter('messaging.client.consumed.messages', { unit: '{message}' })
    this.operations = meter.createHistogram('messaging.client.operation.duration', { unit: 's', advice })
    this.processing = meter.createHistogram('messaging.process.duration', { unit: 's', advice })
    this.middleware = (next) => async (payload, context) => {
      const attributes: Attributes = {
        ...this.about('process', context.source),
        'messaging.message.id': context.id,
        ...(context.place === null
          ? {}
          : {
              'messaging.destination.partition.id': String(context.place.partition),
              'messaging.kafka.offset': context.place.offset,
            }),
        ...(context.key === null ? {} : { 'messaging.kafka.message.key': context.key }),
      }
      const parent = api.propagation.extract(api.ROOT_CONTEXT, context.headers, GETTER)
      const links = (context.batch ?? []).flatMap((headers) => {
        const linked = api.trace.getSpanContext(api.propagation.extract(api.ROOT_CONTEXT, headers, GETTER))
        return linked === undefined ? [] : [{ context: linked }]
      })
      if (context.batch !== null) attributes['messaging.batch.message_count'] = context.batch.length
      const options = { kind: api.SpanKind.CONSUMER, attributes, links }
      const span = this.tracer().startSpan(`process ${context.source}`, options, parent)
      return this.measured(span, parent, this.processing, this.consumed, 1, attributes, () => next(payload, context))
    }
  }

  /** Without an SDK behind the API all of it would do nothing, but cost. One may come at any time. */
  get active(): boolean {
    const { api, nobody } = this
    const tracers = api.trace.getTracerProvider()
    const isTraced = !(tracers instanceof api.ProxyTracerProvider) || tracers.getDelegate() !== nobody.tracers
    return isTraced || this.isMeasured || api.propagation.fields().length > 0
  }

  /** Sending one message is one span, whose context it carries; of a batch each message has a span of its own, to which that of the batch is linked. */
  async producing<T>(
    operation: 'send' | 'publish',
    destination: string,
    count: number,
    run: (headersOf: () => Headers) => Promise<T>,
  ): Promise<T> {
    const { api } = this
    const attributes = this.about(operation, destination)
    if (count > 1) attributes['messaging.batch.message_count'] = count
    const parent = api.context.active()
    const options = { kind: api.SpanKind.PRODUCER, attributes }
    const span = this.tracer().startSpan(`${operation} ${destination}`, options, parent)
    const headersOf = () => {
      if (count === 1) return this.inject(api.trace.setSpan(parent, span))
      const headers = this.created(destination)
      span.addLink?.({ context: headers.span.spanContext() })
      return headers.headers
    }
    return this.measured(span, parent, this.operations, this.sent, count, attributes, () => run(headersOf))
  }

  /** What a handler sends waits for its acknowledgement: its span says that it was made. */
  creating(destination: string): Headers {
    return this.created(destination).headers
  }

  private created(destination: string): { readonly headers: Headers; readonly span: Span } {
    const { api } = this
    const parent = api.context.active()
    const attributes = this.about('create', destination)
    const span = this.tracer().startSpan(`create ${destination}`, { kind: api.SpanKind.PRODUCER, attributes }, parent)
    span.end()
    return { headers: this.inject(api.trace.setSpan(parent, span)), span }
  }

  private inject(context: OtelContext): Headers {
    const headers: Record<string, string> = {}
    this.api.propagation.inject(context, headers)
    return headers
  }

  private about(operation: string, destination: string): Attributes {
    return {
      'messaging.system': this.system,
      'messaging.destination.name': destination,
      'messaging.operation.name': operation,
      'messaging.operation.type': operation === 'publish' ? 'send' : operation,
    }
  }

  private tracer() {
    return this.api.trace.getTracer(NAME)
  }

  private async measured<T>(
    span: Span,
    parent: OtelContext,
    duration: { record(value: number, attributes: Attributes): void },
    counter: { add(value: number, attributes: Attributes): void },
    count: number,
    attributes: Attributes,
    run: () => Promise<T>,
  ): Promise<T> {
    const { api } = this
    const began = performance.now()
    const {
      'messaging.message.id': _,
      'messaging.kafka.offset': __,
      'messaging.kafka.message.key': ___,
      ...few
    } = attributes
    try {
      const result = await api.context.with(api.trace.setSpan(parent, span), run)
      counter.add(count, few)
      duration.record((performance.now() - began) / 1000, few)
      return result
    } catch (error) {
      const type = (error as { code?: string }).code ?? (error instanceof Error ? error.name : 'error')
      span.setStatus({ code: api.SpanStatusCode.ERROR, message: String((error as Error)?.message ?? error) })
      span.setAttribute('error.type', type)
      span.recordException(error as Error)
      counter.add(count, { ...few, 'error.type': type })
      duration.record((performance.now() - began) / 1000, { ...few, 'error.type': type })
      throw error
    } finally {
      span.end()
    }
  }
}

const GETTER = {
  keys: (headers: Headers) => Object.keys(headers),
  get: (headers: Headers, name: string) => headers[name.toLowerCase()],
}
