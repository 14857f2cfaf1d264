/** The answers that code over the SDK's own client gets, read as strictly as those of a method. */
import * as Duration from "effect/Duration"
import * as Exit from "effect/Exit"
import type * as ClaudeError from "../../ClaudeError.ts"
import type * as Reason from "../../Reason.ts"
import type { Exchange } from "../road/exchange.ts"
import { startTimer } from "../road/timer.ts"
import type { Source } from "./body.ts"
import { invalidResponse, timedOut } from "./failures.ts"
import { failureIn, mediaTypeOf, parseBody, readText } from "./json.ts"

type Failure = ClaudeError.CallError<Reason.Coded>

/**
 * The SDK reads a body by the response's `json` and `text`. Both are replaced by a reading that ends in time. Why it refused
 * a body is kept here, by the exception that says so to the SDK.
 */
export class StrictAnswers {
  private readonly exchange: Exchange
  private readonly timeout: Duration.Duration
  private readonly failures = new WeakMap<object, Failure>()
  private readonly disarms: Array<() => void> = []

  constructor(exchange: Exchange, timeout: Duration.Duration) {
    this.exchange = exchange
    this.timeout = timeout
  }

  /** What an exception stands for, if it is one of a body that was refused. */
  failureOf(cause: unknown): Failure | undefined {
    return typeof cause === "object" && cause !== null ? this.failures.get(cause) : undefined
  }

  /** Takes over the reading of a response. What is read as a stream stays the reader's. */
  readonly take = (response: Response, accept: string | null): void => {
    if (!response.ok) return
    const source: Source = { attempt: this.exchange.attempt, response }
    const original = response.text
    let read: Promise<string> | undefined
    const readOnce = () => read ??= this.inTime(source, () => original.call(response))
    // Only what asks for JSON gets it: a download may be any text, but no gateway's page.
    const isStrict = (accept ?? "").includes("json")
    const define = (name: string, value: () => Promise<unknown>) =>
      Reflect.defineProperty(response, name, { configurable: true, value })
    define("json", async () => this.valueOf(parseBody(source, await readOnce())))
    define("text", async () => {
      const text = await readOnce()
      if (!isStrict && !mediaTypeOf(response).includes("html")) return text
      this.valueOf(parseBody(source, text))
      // Whoever asks for the text of JSON gets it. Of what does not say that it is JSON, the SDK would hand on the text.
      return saysJson(response) ? text : this.valueOf(Exit.fail(invalidResponse(source.attempt, response, "not-json", {
        message: `${source.attempt.host} answered with JSON that does not say so (content-type: ${
          response.headers.get("content-type") || "none"
        }), and the SDK would read it as text. Look for a proxy in between.`,
        body: text
      })))
    })
  }

  /** Ends what still waits. */
  end(): void {
    for (const disarm of this.disarms) disarm()
  }

  private async inTime(source: Source, read: () => Promise<string>): Promise<string> {
    const { attempt } = source
    if (Duration.isFinite(this.timeout)) {
      const giveUp = () => this.exchange.giveUp(timedOut(attempt, this.timeout))
      this.disarms.push(startTimer(attempt.clock, Duration.toMillis(this.timeout), giveUp))
    }
    const text = this.valueOf(await readText(source, read))
    this.end()
    return text
  }

  private valueOf<A>(exit: Exit.Exit<A, Failure>): A {
    if (Exit.isSuccess(exit)) return exit.value
    const failure = failureIn(exit)
    const thrown = new Error(failure?.message)
    if (failure !== undefined) this.failures.set(thrown, failure)
    throw thrown
  }
}

/** As the SDK tells it (`defaultParseResponse` in its internal/parse.ts). */
const saysJson = ({ headers }: Response): boolean => {
  const mediaType = headers.get("content-type")?.split(";", 1)[0]?.trim() ?? ""
  return mediaType.includes("application/json") || mediaType.endsWith("+json")
}
