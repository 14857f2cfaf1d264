/** The series of metrics: one set of attributes each, looked up once for all the metrics that have it. */
import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import { attributes as names } from "./attributes.ts"
import type { Instrument } from "./instruments.ts"

/** What servers and callers call a model has no end, and a series stays for as long as the process. */
const maxModels = 200

/** For models beyond those, as OpenTelemetry calls what is left. */
const other = "_OTHER"

type Attributes = Readonly<Record<string, string>>

export class Series {
  private readonly attributes: Attributes
  private readonly metrics = new Map<Instrument, Metric.Metric<number, unknown>>()
  private readonly within = new Map<string, Series>()
  private readonly models: Set<string>

  constructor(attributes: Attributes = {}, models: Set<string> = new Set()) {
    this.attributes = attributes
    this.models = models
  }

  /** The series with these attributes beside its own. `key` stands for them. */
  with(key: string, more: () => Readonly<Record<string, string | undefined>>): Series {
    const known = this.within.get(key)
    if (known !== undefined) return known
    const bounded = Object.entries(more()).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, isModel(name) ? this.boundedModel(value) : value] as const]
    )
    const made = new Series({ ...this.attributes, ...Object.fromEntries(bounded) }, this.models)
    // A key that holds a model beyond the last is made anew each time: the metric's own registry knows the series.
    if (!bounded.some(([, value]) => value === other)) this.within.set(key, made)
    return made
  }

  /** Adds to a counter, sets a gauge, or puts a value into a histogram. */
  update(instrument: Instrument, value: number, context: Context.Context<never>): void {
    this.metric(instrument).updateUnsafe(value, context)
  }

  /** Adds to a gauge. */
  modify(instrument: Instrument, value: number, context: Context.Context<never>): void {
    this.metric(instrument).modifyUnsafe(value, context)
  }

  private metric(instrument: Instrument): Metric.Metric<number, unknown> {
    const known = this.metrics.get(instrument)
    if (known !== undefined) return known
    const made = metricOf(instrument, this.attributes)
    this.metrics.set(instrument, made)
    return made
  }

  private boundedModel(model: string): string {
    if (this.models.has(model)) return model
    if (this.models.size >= maxModels) return other
    this.models.add(model)
    return model
  }
}

const isModel = (name: string): boolean => name === names.requestModel || name === names.responseModel

/** Exporters take the unit from an attribute of that name. */
const metricOf = (
  { boundaries = [], description, name, type, unit }: Instrument,
  attributes: Attributes
): Metric.Metric<number, unknown> => {
  const options = { description, attributes: { ...attributes, unit } }
  switch (type) {
    case "Counter":
      return Metric.counter(name, { ...options, incremental: true })
    case "Gauge":
      return Metric.gauge(name, options)
    case "Histogram":
      return Metric.histogram(name, { ...options, boundaries })
  }
}
