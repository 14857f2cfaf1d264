/** The metrics of this package: names, units and attributes. */
import * as Metric from "effect/Metric"

/** By `step` and `result`: `served`, `failed` or `skipped`. */
export const fallbackCalls = Metric.counter("claude.fallback.calls", {
  description: "Calls by the step of a fallback and what became of them there",
  attributes: { unit: "{call}" }
})

/** By `circuit`. */
export const circuitState = Metric.gauge("claude.circuit_breaker.state", {
  description: "0: closed, 1: half-open, 2: open",
  attributes: { unit: "1" }
})

/** By `circuit`. */
export const circuitRejections = Metric.counter("claude.circuit_breaker.rejections", {
  description: "Calls that an open circuit has refused",
  attributes: { unit: "{call}" }
})

/** By `bulkhead`. */
export const bulkheadInFlight = Metric.gauge("claude.bulkhead.in_flight", {
  description: "Calls that a bulkhead has let in and that have not ended",
  attributes: { unit: "{call}" }
})

/** By `bulkhead`. */
export const bulkheadWaiting = Metric.gauge("claude.bulkhead.waiting", {
  description: "Calls that wait in the queue of a bulkhead",
  attributes: { unit: "{call}" }
})

/** By `bulkhead`. */
export const bulkheadRejections = Metric.counter("claude.bulkhead.rejections", {
  description: "Calls that a bulkhead has refused because its queue was full",
  attributes: { unit: "{call}" }
})
