/** The two calls of the demo, and what the terminal shows of them. */
import { Fault, Simulator } from "@effect-claude/testing"
import { Clock, Duration, Effect, Option, Schedule } from "effect"
import { Claude, ClaudeClient, type ClaudeError, MessageStream, RetryPolicy } from "effect-claude"
import * as Problems from "./problems.ts"
import * as Terminal from "./terminal.ts"

const model = "claude-opus-5-5"

/** More than this is cut: the demo is about failures, not about long documents. */
const maxCharacters = 100_000

/** The schedule, as one reads it. Its last line shows each retry while it happens. */
const policy = RetryPolicy.exponential({ base: "500 millis", cap: "8 seconds" }).pipe(
  RetryPolicy.jitterFull,
  RetryPolicy.respectRetryAfter({ cap: "60 seconds" }),
  RetryPolicy.whileRetryable,
  Schedule.upTo({ times: 5, duration: "2 minutes" }),
  Schedule.setInputType<ClaudeError.ClaudeError>(),
  Schedule.tap(({ duration, input }) => showRetry(input, duration))
)

const policyLines = [
  ["exponential", "0.5 s, 1 s, 2 s… up to 8 s"],
  ["jitterFull", "anything between nothing and that"],
  ["respectRetryAfter", "never sooner than the server asks; over 60 s: give up"],
  ["whileRetryable", "only errors that can pass, never a spend limit"],
  ["upTo", "5 retries, 2 minutes"]
] as const

const showAttempt = (attempt: number, style: Parameters<typeof Terminal.style>[0], what: string, then: string) =>
  Terminal.line(`${String(attempt).padStart(2)}  ${Terminal.style(style, what.padEnd(28))}${then}`)

const showRetry = (error: ClaudeError.ClaudeError, delay: Duration.Duration) => {
  const status = "status" in error ? `${error.status} ` : ""
  const asked = "retryAfter" in error && error.retryAfter !== undefined
    ? ` (retry-after ${Terminal.seconds(error.retryAfter)})`
    : ""
  return showAttempt(error.attempts, "yellow", `${status}${error._tag}`, `wait ${Terminal.seconds(delay)}${asked}`)
}

/** With the simulated API: limited first, then overloaded, then well. */
const scriptFaults = Effect.flatMap(
  Effect.serviceOption(Simulator.Simulator),
  Option.match({
    onNone: () => Effect.void,
    onSome: ({ script }) => script([Fault.rateLimited({ retryAfter: "1 second" }), Fault.overloaded()])
  })
)

const showBeginning = Effect.fn(function*(file: string, document: string) {
  const { client } = yield* ClaudeClient.ClaudeClient
  const simulated = Option.isSome(yield* Effect.serviceOption(Simulator.Simulator)) ? ", a simulated API" : ""
  yield* Terminal.heading(`Summarise ${file}`)
  yield* Terminal.line(
    `${Terminal.count(document.length)} characters, by ${model} at ${new URL(client.baseURL).host}${simulated}`
  )
  if (document.length > maxCharacters) {
    yield* Terminal.line(`Too long for this demo: shortened to the first ${Terminal.count(maxCharacters)} characters`)
  }
  yield* Terminal.heading("The retry schedule")
  yield* Effect.forEach(
    policyLines,
    ([name, meaning]) => Terminal.line(`${Terminal.style("cyan", name.padEnd(20))}${meaning}`)
  )
  yield* Terminal.heading("The attempts")
})

export const summarise = Effect.fn("summarise")(
  function*(file: string, document: string) {
    const claude = yield* Claude.Claude
    yield* scriptFaults
    yield* showBeginning(file, document)
    const start = yield* Clock.currentTimeMillis
    const answer = Terminal.wordWrap()
    const message = yield* claude.messages.stream({
      model,
      max_tokens: 400,
      messages: [{ role: "user", content: promptFor(document) }]
    }, { retry: policy }).pipe(
      MessageStream.runMessageWith((event) => {
        if (event.type === "message_start") return showAnswerBegins
        return event.type === "content_block_delta" && event.delta.type === "text_delta"
          ? answer.add(event.delta.text)
          : Effect.void
      })
    )
    yield* answer.end
    const elapsed = Duration.millis((yield* Clock.currentTimeMillis) - start)
    yield* Terminal.line()
    yield* Terminal.line(Terminal.style(
      "dim",
      `${Terminal.count(message.usage.input_tokens)} tokens in, ${
        Terminal.count(message.usage.output_tokens)
      } tokens ` +
        `out, ${Terminal.seconds(elapsed)}`
    ))
  },
  Effect.mapError((error) => Problems.report(Problems.failedCall(error), error))
)

const showAnswerBegins = Effect.andThen(
  Terminal.line(`    ${Terminal.style("green", "the answer arrives")}`),
  Terminal.heading("The answer")
)

const promptFor = (document: string): string =>
  `Summarise this document in three sentences.\n\n<document>\n${document.slice(0, maxCharacters)}\n</document>`

/** A call that no retry can save. The compiler knows its errors by name. */
export const hopelessCall = Effect.gen(function*() {
  const claude = yield* Claude.Claude
  yield* Terminal.heading("A call that cannot succeed")
  yield* Terminal.line("claude.models.retrieve(\"claude-imaginary-1\")")
  yield* claude.models.retrieve("claude-imaginary-1", null, { retry: policy }).pipe(
    Effect.andThen(Terminal.line("…succeeded. Somebody has made it come true.")),
    Effect.catchTag("NotFoundError", (error) => explain(error))
  )
}).pipe(
  Effect.mapError((error) => Problems.report(Problems.failedCall(error), error))
)

const explain = Effect.fn(function*(error: ClaudeError.NotFoundError) {
  const facts: ReadonlyArray<readonly [string, string]> = [
    ["caught by", `Effect.catchTag("${error._tag}", …)`],
    ["the API says", `${error.status} ${error.type}: ${error.message}`],
    ["isRetryable", `${error.isRetryable}: the schedule gave up after ${error.attempts} attempt`],
    ["outcome", error.outcome],
    ["request id", error.requestId ?? "none"],
    ["what to do", Problems.advice(error)]
  ]
  yield* Effect.forEach(facts, ([name, value]) => Terminal.line(`${Terminal.style("cyan", name.padEnd(14))}${value}`))
  yield* Terminal.line()
})
