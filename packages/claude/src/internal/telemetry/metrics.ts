/** The metrics of calls. */
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as ClaudeError from "../../ClaudeError.ts"
import type { CallInfo, Chunks, End, Interceptor } from "../../Interceptor.ts"
import { attributes as names } from "./attributes.ts"
import { documentedCodeOf } from "./errorAttributes.ts"
import { instruments } from "./instruments.ts"
import { isChat, operationName } from "./operationName.ts"
import { Series } from "./series.ts"
import { tokensOf } from "./tokens.ts"

/** By which of OpenTelemetry's texts durations and tokens are named. */
export type Conventions = "current" | "older" | "both"

type Services = Context.Context<never>

export const metering = (conventions: Conventions): Pick<Interceptor, "call" | "retrying"> => {
  const meter = new Meter(conventions)
  return {
    // In the context of the call to its end: a gauge that went up in one registry has to go down in the same.
    call: (call, next) =>
      Effect.contextWith((context: Services) => {
        let active = false
        return Effect.andThen(
          call.onEnd((end) => Effect.sync(() => meter.ended(call, end, active, context))),
          Effect.suspend(() => {
            active = true
            meter.started(call, context)
            return next(call)
          })
        )
      }),
    retrying: ({ call }, { error }) =>
      Effect.contextWith((context: Services) => {
        meter.retrying(call, error, context)
        return Effect.void
      })
  }
}

class Meter {
  private readonly root = new Series()
  private readonly current: boolean
  private readonly older: boolean

  constructor(conventions: Conventions) {
    this.current = conventions !== "older"
    this.older = conventions !== "current"
  }

  started(call: CallInfo, context: Services): void {
    this.seriesOf(call).modify(instruments.activeCalls, 1, context)
  }

  retrying(call: CallInfo, error: ClaudeError.ClaudeError, context: Services): void {
    failed(this.seriesOf(call), error).update(instruments.retries, 1, context)
  }

  ended(call: CallInfo, end: End, wasActive: boolean, context: Services): void {
    const series = this.seriesOf(call)
    const { attempts, elapsed, error } = end
    if (wasActive) series.modify(instruments.activeCalls, -1, context)
    if (attempts > 0) series.update(instruments.attempts, attempts, context)
    if (end._tag === "Failed") {
      const failures = failed(series, error)
      failures.update(instruments.failures, 1, context)
      if (error?.givenUp === true) failures.update(instruments.giveUps, 1, context)
    }
    const answered = answeredBy(series, end)
    if (!isChat(call.operation)) {
      answered.update(instruments.callDuration, Duration.toSeconds(elapsed), context)
      return
    }
    if (this.current) answered.update(instruments.duration, Duration.toSeconds(elapsed), context)
    if (this.older) answered.update(instruments.olderDuration, Duration.toSeconds(elapsed), context)
    this.recordChunks(answered, end.chunks, context)
    this.recordTokens(answered, end, context)
  }

  private recordChunks(series: Series, chunks: Chunks | undefined, context: Services): void {
    if (chunks === undefined) return
    const { count, first, last } = chunks
    series.update(instruments.timeToFirstChunk, Duration.toSeconds(first), context)
    if (count < 2) return
    const between = Duration.toSeconds(last) - Duration.toSeconds(first)
    series.update(instruments.timePerOutputChunk, between / (count - 1), context)
  }

  /** A call without usage counts nothing, so that its series is there. */
  private recordTokens(answered: Series, end: End, context: Services): void {
    const isFinal = end._tag === "Completed"
    const series = answered.with(`final ${isFinal}`, () => ({ [names.usageIsFinal]: String(isFinal) }))
    const { cacheRead, cacheWrite, input, output, reasoning } = tokensOf(end.usage)
    if (this.current) {
      series.update(instruments.inputTokens, input, context)
      series.update(instruments.outputTokens, output, context)
      if (cacheRead > 0) series.update(instruments.cacheReadTokens, cacheRead, context)
      if (cacheWrite > 0) series.update(instruments.cacheWriteTokens, cacheWrite, context)
      if (reasoning > 0) series.update(instruments.reasoningTokens, reasoning, context)
    }
    if (this.older && end.usage !== undefined) {
      ofType(series, "input").update(instruments.olderTokens, input, context)
      ofType(series, "output").update(instruments.olderTokens, output, context)
    }
  }

  private seriesOf({ model, operation, server }: CallInfo): Series {
    const { address, port, provider } = server
    return this.root.with(`${operation.name} ${provider} ${address} ${port} ${model}`, () => ({
      [names.operation]: operationName(operation),
      [names.provider]: provider,
      [names.serverAddress]: address,
      [names.serverPort]: String(port),
      [names.requestModel]: model
    }))
  }
}

/** What did not end as a `ClaudeError` is a defect. */
const failed = (series: Series, error: ClaudeError.ClaudeError | undefined): Series => {
  const type = error?._tag ?? other
  const code = error === undefined ? undefined : documentedCodeOf(error)
  return series.with(`failed ${type} ${code}`, () => ({ [names.errorType]: type, [names.apiErrorCode]: code }))
}

/** OpenTelemetry's word for an error of no known type. */
const other = "_OTHER"

const answeredBy = (series: Series, { _tag, error, model }: End): Series => {
  const type = _tag === "Failed" ? error?._tag ?? other : undefined
  return series.with(`answered ${model} ${type}`, () => ({ [names.responseModel]: model, [names.errorType]: type }))
}

const ofType = (series: Series, type: "input" | "output"): Series =>
  series.with(type, () => ({ [names.tokenType]: type }))
