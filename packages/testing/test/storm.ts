import { Effect, Fiber, Layer, Random, Redacted, type Result } from "effect"
import { Claude, ClaudeClient, type ClaudeError, RetryPolicy } from "effect-claude"
import { Scenario, Simulator } from "../src/index.ts"
import { elapse, hello } from "./client.ts"

/** A bad day: everything goes wrong at some time, and for a while most of it. */
export const scenario = Scenario.make({
  seed: 2026,
  rules: [
    { at: "10 seconds", for: "20 seconds", overloaded: 0.8 },
    { rateLimited: 0.05, overloaded: 0.05, internal: 0.03, resetBeforeHeaders: 0.03, resetAfterHeaders: 0.01 },
    { fault: { _tag: "Error", status: 429, retryAfter: "3 seconds" }, rate: 0.02 },
    { fault: { _tag: "Error", status: 429, retryAfter: "1 hour" }, rate: 0.005 },
    { fault: { _tag: "Error", status: 400 }, rate: 0.005 },
    { fault: { _tag: "CutBody", afterBytes: 100 }, rate: 0.02 },
    { fault: { _tag: "TruncatedJson", afterBytes: 100 }, rate: 0.01 },
    { fault: { _tag: "Body", status: 200, contentType: "text/html", text: "<html></html>" }, rate: 0.01 },
    { fault: { _tag: "StallBody", afterBytes: 100 }, rate: 0.005 },
    { stallBeforeHeaders: 0.005 }
  ]
})

const settings = { retry: RetryPolicy.standard, timeout: "20 seconds", logLevel: "off" } as const

const Socketless = Simulator.layerClient({ scenario, ...settings })

const OverSockets = Layer.unwrap(
  Effect.map(
    Simulator.Simulator,
    ({ apiKey, url }) =>
      ClaudeClient.layer({ ...settings, apiKey: Redacted.make(Redacted.value(apiKey)), baseURL: url })
  )
).pipe(Layer.provideMerge(Simulator.layer({ scenario })))

/** A client in a storm, with `TestClock` time. */
export const layer = (options: { readonly sockets: boolean }) =>
  Claude.layerClient.pipe(Layer.provideMerge(options.sockets ? OverSockets : Socketless))

export interface Ended {
  readonly result: Result.Result<unknown, ClaudeError.ClaudeError>
  /** The requests that were made for the call, in order. */
  readonly requests: ReadonlyArray<Simulator.JournalEntry>
}

const callOf = ({ body }: Simulator.JournalEntry): string => /call (\d+)/.exec(JSON.stringify(body))?.[1] ?? "none"

/** Makes so many calls, a thousand at once, and waits until the last is over. */
export const run = Effect.fnUntraced(function*(calls: number) {
  const sim = yield* Simulator.Simulator
  const claude = yield* Claude.Claude
  const call = (index: number) =>
    Effect.result(claude.messages.create({
      ...hello,
      messages: [{ role: "user", content: `This is call ${index}. Answer in 3 words` }]
    }))
  const fiber = yield* Effect.forkChild(
    Effect.forEach(Array.from({ length: calls }, (_, index) => index), call, { concurrency: 1000 }).pipe(
      Random.withSeed("storm")
    )
  )
  yield* elapse(fiber, "1 second")
  const results = yield* Fiber.join(fiber)
  const journal = yield* sim.awaitJournal((entries) => entries.every(({ outcome }) => outcome !== "pending"))
  const requests = Map.groupBy(journal, callOf)
  return results.map((result, index): Ended => ({ result, requests: requests.get(String(index)) ?? [] }))
})
