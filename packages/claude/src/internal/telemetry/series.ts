/** The series of metrics: one set of attributes each, looked up once for all the metrics that have it. */
import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import { attributes as names } from "./attributes.ts"
import type { Instrument } from "./instruments.ts"

/** What servers and callers call a model has no end, and a series stays for as long as the process. */
const maxModels = 200

/** What OpenTelemetry calls what has no name of its own: here, the models beyond those. */
export const other = "_OTHER"

type Attributes = Readonly<Record<string, string>>

export class Series {
  private readonly attributes: Attributes
  private readonly metrics = new Map<Instrument, Metric.Metric<number, unknown>>()
  /** By attribute, and by its value. */
  private readonly within = new Map<string, Map<string, Series>>()
  private readonly models: Set<string>

  constructor(attributes: Attributes = {}, models: Set<string> = new Set()) {
    this.attributes = attributes
    this.models = models
  }

  /** The series with another attribute. */
  with(attribute: string, value: string | undefined): Series {
    if (value === undefined) return this
    const known = this.within.get(attribute)?.get(value)
    if (known !== undefined) return known
    const bounded = isModel(attribute) ? this.boundedModel(value) : value
    if (bounded !== value) return this.with(attribute, bounded)
    const made = new Series({ ...this.attributes, [attribute]: value }, this.models)
    let values = this.within.get(attribute)
    if (values === undefined) this.within.set(attribute, values = new Map())
    values.set(value, made)
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
    if (model === other || this.models.has(model)) return model
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
