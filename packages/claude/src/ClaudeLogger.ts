/**
 * The SDK's log lines as Effect log entries.
 *
 * **Details**
 *
 * The SDK logs through a logger object outside of any fiber. The client that {@link module:ClaudeClient} makes hands
 * each line to the `ClaudeLogger` in force when its layer was built, which by default logs it with Effect's `Logger`, at
 * the level of the same name and with the annotation `source: "@anthropic-ai/sdk"`. Credentials, cookies and bodies are
 * taken out before. The warnings that the SDK writes to `console` (deprecated models) come the same way.
 *
 * The level that counts is the one given here, else the client's `logLevel` (`ANTHROPIC_LOG`), else `warn`. Effect's own
 * `MinimumLogLevel` applies on top.
 *
 * **Example** (Following the SDK at debug level)
 *
 * ```ts
 * import { Layer, Logger, References } from "effect"
 * import { Claude, ClaudeLogger } from "effect-claude"
 *
 * const ClaudeLive = Claude.layerConfig().pipe(
 *   Layer.provide(ClaudeLogger.layer({ level: "debug" })),
 *   Layer.provide(Layer.succeed(References.MinimumLogLevel, "Debug")),
 *   Layer.provide(Logger.layer([Logger.consoleJson]))
 * )
 * ```
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Log from "effect/LogLevel"
import type { LogLevel } from "./ClaudeConfig.ts"
import { redactDetail } from "./internal/secrets.ts"
import type { Scrubber } from "./internal/secrets/scrubber.ts"

/**
 * A line of the SDK's log, secrets taken out.
 *
 * @category models
 * @since 0.1.0
 */
export interface Line {
  readonly level: Exclude<LogLevel, "off">
  readonly message: string
  /** What the SDK logs beside the message: request and response details. Empty for most lines. */
  readonly details: ReadonlyArray<unknown>
}

/**
 * Where the SDK's log lines go, and from which level on.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClaudeLogger {
  /** `undefined`: the client's `logLevel`, else `warn`. */
  readonly level: LogLevel | undefined
  readonly log: (line: Line) => Effect.Effect<void>
}

const effectLevels: Readonly<Record<Line["level"], Log.Severity>> = {
  error: "Error",
  warn: "Warn",
  info: "Info",
  debug: "Debug"
}

const logWithEffect = ({ details, level, message }: Line): Effect.Effect<void> =>
  Effect.logWithLevel(effectLevels[level])(message, ...details).pipe(
    Effect.annotateLogs("source", "@anthropic-ai/sdk")
  )

/**
 * The logger in force. By default: Effect's `Logger`.
 *
 * @category services
 * @since 0.1.0
 */
export const ClaudeLogger: Context.Reference<ClaudeLogger> = Context.Reference("effect-claude/ClaudeLogger", {
  defaultValue: (): ClaudeLogger => ({ level: undefined, log: logWithEffect })
})

/**
 * Sets the level, the destination, or both, for the clients built under it.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: {
  readonly level?: LogLevel | undefined
  readonly log?: ((line: Line) => Effect.Effect<void>) | undefined
}): Layer.Layer<never> => Layer.succeed(ClaudeLogger, { level: options.level, log: options.log ?? logWithEffect })

/**
 * The logger object that the SDK wants, bridged to a `ClaudeLogger` in the context that the client was built in.
 *
 * @internal
 */
export const forSdk = (
  logger: ClaudeLogger,
  context: Context.Context<never>,
  secrets: Scrubber
): Readonly<Record<Line["level"], (message: string, ...details: ReadonlyArray<unknown>) => void>> => {
  const run = Effect.runForkWith(context)
  const at = (level: Line["level"]) => (message: string, ...details: ReadonlyArray<unknown>): void => {
    // Suspended, so that a logger that throws breaks no call.
    run(
      Effect.suspend(() =>
        logger.log({
          level,
          message: secrets.scrub(message),
          details: details.map((detail) => redactDetail(detail, secrets))
        })
      )
    )
  }
  return { error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug") }
}
