/** What a server says, and what has to come of it: `fixtures/answers.json` as one table. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Schedule, Schema, Stream } from "effect"
import { type Claude, ClaudeError, MessageStream, RetryPolicy } from "effect-claude"
import { readFileSync } from "node:fs"
import type { ServerResponse } from "node:http"
import { at } from "./support/every.ts"
import { prototypes } from "./support/prototypes.ts"
import { withServer } from "./support/server.ts"

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly events?: ReadonlyArray<readonly [string, unknown]>
}

interface Case {
  readonly kind: string
  readonly name: string
  readonly method: string
  readonly answers: ReadonlyArray<Answer>
  readonly retries?: number
  readonly expect: {
    readonly success?: boolean
    readonly text?: string
    readonly tag?: string
    readonly outcome?: string
    readonly retryable?: boolean
    readonly partial?: boolean
    readonly requests?: number
    readonly toolInput?: string
    readonly prototypesUntouched?: boolean
  }
}

const cases: ReadonlyArray<Case> = JSON.parse(
  readFileSync(new URL("./fixtures/answers.json", import.meta.url), "utf8")
)

const message = { model: "claude-opus-5-5", max_tokens: 16, messages: [{ role: "user", content: "Hello" }] }

/** The smallest valid arguments of each method of the table. */
const argumentsOf: Readonly<Record<string, ReadonlyArray<unknown>>> = {
  "beta.organization.workspaces.create": [{ name: "team" }],
  "beta.organization.workspaces.update": ["wrkspc_1", { name: "team" }],
  "files.download": ["file_1"],
  "messages.batches.create": [{ requests: [{ custom_id: "a", params: message }] }],
  "messages.countTokens": [message],
  "messages.create": [message],
  "messages.object": [{ ...message, schema: Schema.Struct({ name: Schema.String }) }],
  "messages.parse": [message],
  "messages.stream": [message],
  "models.list": []
}

type Outcome = Effect.Effect<ReadonlyArray<unknown>, ClaudeError.ClaudeError>

type Method = (
  ...args: ReadonlyArray<unknown>
) => Effect.Effect<unknown, ClaudeError.ClaudeError> | Stream.Stream<unknown, ClaudeError.ClaudeError>

const run = (claude: Claude.Methods, method: string): Outcome => {
  const call = at(claude, method) as Method
  const answer = call(...argumentsOf[method] ?? assert.fail(`no arguments for ${method}`))
  return Stream.isStream(answer)
    ? Stream.runCollect(answer)
    : Effect.map(answer, (value) => [value])
}

const send = (response: ServerResponse, { body, events, headers, status }: Answer): void => {
  if (events === undefined) return void response.writeHead(status, headers).end(body)
  const frames = events.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  response.writeHead(status, { "content-type": "text/event-stream" }).end(frames.join(""))
}

const checkFailure = (error: ClaudeError.ClaudeError, { outcome, partial, retryable, tag = "" }: Case["expect"]) => {
  assert.isTrue(ClaudeError.isClaudeError(error), String(error))
  assert.include(tag.split("|"), error._tag, error.message)
  if (outcome !== undefined) assert.strictEqual(error.outcome, outcome)
  if (retryable !== undefined) assert.strictEqual(error.isRetryable, retryable)
  if (partial !== undefined) assert.strictEqual("partial" in error && error.partial !== undefined, partial)
}

const checkSuccess = Effect.fnUntraced(function*(items: ReadonlyArray<unknown>, { text, toolInput }: Case["expect"]) {
  const events = Stream.fromIterable(items as ReadonlyArray<MessageStream.Event>)
  if (text !== undefined) {
    assert.strictEqual((yield* Stream.runCollect(MessageStream.text(events))).join(""), text)
  }
  if (toolInput !== undefined) {
    const inputs = yield* Stream.runCollect(MessageStream.toolInput(events))
    assert.strictEqual(inputs.at(-1)?.end, toolInput)
    assert.strictEqual(inputs.at(-1)?.done, toolInput === "complete")
  }
})

describe("an answer means what it says", () => {
  it.effect.each(
    cases.map((each) => ({ ...each, title: `${each.kind}: ${each.name} (${each.method})` }))
  )(
    "$title",
    ({ answers, expect, method, retries = 0 }) =>
      withServer(
        ({ number }, response) => send(response, answers[Math.min(number, answers.length) - 1] ?? assert.fail()),
        (claude, { requests }) =>
          Effect.gen(function*() {
            const before = prototypes()
            const exit = yield* Effect.exit(run(claude, method))
            if (expect.prototypesUntouched === true) assert.deepStrictEqual(prototypes(), before)
            if (expect.success === true) {
              yield* checkSuccess(Exit.isSuccess(exit) ? exit.value : assert.fail(String(exit)), expect)
            } else checkFailure(yield* Effect.flip(exit), expect)
            if (expect.requests !== undefined) assert.strictEqual(requests.length, expect.requests)
          }),
        {
          retry: RetryPolicy.constant(0).pipe(RetryPolicy.whileRetryable, Schedule.upTo({ times: retries }))
        }
      )
  )
})
