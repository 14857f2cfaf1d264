/** The metrics of calls. */
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as ClaudeError from "../../ClaudeError.ts"
import type { CallInfo, Chunks, End, Interceptor } from "../../Interceptor.ts"
import type { Line } from "../usage/usage.ts"
import { attributes as names } from "./attributes.ts"
import { documentedCodeOf } from "./errorAttributes.ts"
import { instruments } from "./instruments.ts"
import { isChat, operationName } from "./operationName.ts"
import { other, Series } from "./series.ts"

/** By which of OpenTelemetry's texts durations and tokens are named. */
export type Conventions = "current" | "older" | "both"

type Services = Context.Context<never>

export const metering = (conventions: Conventions): Pick<Interceptor, "call" | "retrying"> => {
  const meter = new Meter(conventions)
  return {
    // In the context of the call to its end: a gauge that went up in one registry has to go down in the same.
    call: (call, next) =>
      Effect.contextWith((context: Services) => {
        const metered = meter.call(call, context)
        const told = call.onEnd((end) => Effect.sync(() => metered.ended(end)))
        return Effect.flatMap(told, () => {
          metered.started()
          return next(call)
        })
      }),
    retrying: ({ call }, { error }) =>
      Effect.contextWith((context: Services) => {
        meter.call(call, context).retrying(error)
        return Effect.void
      })
  }
}

class Meter {
  private readonly root = new Series()
  readonly current: boolean
  readonly older: boolean

  constructor(conventions: Conventions) {
    this.current = conventions !== "older"
    this.older = conventions !== "current"
  }

  call({ model, operation, server }: CallInfo, context: Services): MeteredCall {
    const series = this.root.with(names.operation, operationName(operation))
      .with(names.requestModel, model)
      .with(names.provider, server.provider)
      .with(names.serverAddress, server.address)
      .with(names.serverPort, String(server.port))
    return new MeteredCall(this, series, context, isChat(operation))
  }
}

class MeteredCall {
  private readonly meter: Meter
  private readonly series: Series
  private readonly context: Services
  private readonly isChat: boolean
  private active = false

  constructor(meter: Meter, series: Series, context: Services, isChat: boolean) {
    this.meter = meter
    this.series = series
    this.context = context
    this.isChat = isChat
  }

  started(): void {
    this.active = true
    this.series.modify(instruments.activeCalls, 1, this.context)
  }

  retrying(error: ClaudeError.ClaudeError): void {
    failed(this.series, error).update(instruments.retries, 1, this.context)
  }

  ended(end: End): void {
    const { context, series } = this
    const { attempts, error, model } = end
    if (this.active) series.modify(instruments.activeCalls, -1, context)
    if (attempts > 0) series.update(instruments.attempts, attempts, context)
    if (end._tag === "Failed") {
      const failures = failed(series, error)
      failures.update(instruments.failures, 1, context)
      if (error?.givenUp === true) failures.update(instruments.giveUps, 1, context)
    }
    const type = typeOf(end)
    const answered = series.with(names.responseModel, model).with(names.errorType, type)
    this.recordTime(answered, end)
    const { lines } = end.usage
    // Of what was not answered too, so that the series are there.
    if (lines.length === 0 && this.isChat) this.recordTokens(series.with(names.errorType, type), nothing)
    for (const line of lines) {
      this.recordTokens(series.with(names.responseModel, line.model).with(names.errorType, type), line)
    }
  }

  private recordTime(series: Series, { chunks, elapsed }: End): void {
    const { context, meter } = this
    const seconds = Duration.toSeconds(elapsed)
    if (!this.isChat) return series.update(instruments.callDuration, seconds, context)
    if (meter.current) series.update(instruments.duration, seconds, context)
    if (meter.older) series.update(instruments.olderDuration, seconds, context)
    if (chunks !== undefined) this.recordChunks(series, chunks)
  }

  private recordChunks(series: Series, { count, first, last }: Chunks): void {
    const { context } = this
    series.update(instruments.timeToFirstChunk, Duration.toSeconds(first), context)
    if (count < 2) return
    const between = Duration.toSeconds(last) - Duration.toSeconds(first)
    series.update(instruments.timePerOutputChunk, between / (count - 1), context)
  }

  private recordTokens(series: Series, line: Tokens): void {
    const { context, meter } = this
    const { cacheReadTokens, outputTokens, reasoningTokens } = line
    const cacheWriteTokens = line.cacheWrite5mTokens + line.cacheWrite1hTokens
    const inputTokens = line.uncachedInputTokens + cacheReadTokens + cacheWriteTokens
    const counted = series.with(names.usageIsFinal, String(line.isFinal))
    if (meter.current) {
      counted.update(instruments.inputTokens, inputTokens, context)
      counted.update(instruments.outputTokens, outputTokens, context)
      if (cacheReadTokens > 0) counted.update(instruments.cacheReadTokens, cacheReadTokens, context)
      if (cacheWriteTokens > 0) counted.update(instruments.cacheWriteTokens, cacheWriteTokens, context)
      if (reasoningTokens > 0) counted.update(instruments.reasoningTokens, reasoningTokens, context)
    }
    if (meter.older && line !== nothing) {
      counted.with(names.tokenType, "input").update(instruments.olderTokens, inputTokens, context)
      counted.with(names.tokenType, "output").update(instruments.olderTokens, outputTokens, context)
    }
  }
}

type Tokens = Pick<
  Line,
  | "uncachedInputTokens"
  | "cacheReadTokens"
  | "cacheWrite5mTokens"
  | "cacheWrite1hTokens"
  | "outputTokens"
  | "reasoningTokens"
  | "isFinal"
>

const nothing: Tokens = {
  uncachedInputTokens: 0,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  isFinal: true
}

/** What did not end as a `ClaudeError` is a defect. */
const typeOf = ({ _tag, error }: End): string | undefined => _tag === "Failed" ? error?._tag ?? other : undefined

const failed = (series: Series, error: ClaudeError.ClaudeError | undefined): Series =>
  series.with(names.errorType, error?._tag ?? other)
    .with(names.apiErrorCode, error === undefined ? undefined : documentedCodeOf(error))
