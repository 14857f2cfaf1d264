/** Every method of the service, called by its path over a `fetch` of the test's. */
import Anthropic from "@anthropic-ai/sdk"
import { type Call, callsOf } from "@effect-claude/codegen/calls"
import { arityOf } from "@effect-claude/codegen/emitMethods"
import { readSdk } from "@effect-claude/codegen/read"
import { Effect, Redacted, Stream } from "effect"
import { Claude, type ClaudeError, RetryPolicy } from "effect-claude"

/** What the SDK's own sources say. */
export const model = readSdk()

/** Its methods that send a request, as the service has them. */
export const calls: ReadonlyArray<Call> = callsOf(model).filter(({ form }) => form !== "custom")

type Fetch = (url: string, init: RequestInit) => Response | Promise<Response>

/** A service over `fetch`. The SDK's own question whether a `fetch` takes forms is not the test's to answer. */
export const over = (fetch: Fetch, options: Parameters<typeof Claude.layer>[0] = {}) =>
  Claude.layer({
    apiKey: Redacted.make("sk-test"),
    fetch: (url, init) =>
      String(url).startsWith("data:")
        ? Promise.resolve(new Response())
        : Promise.resolve(fetch(String(url), init ?? {})),
    retry: RetryPolicy.none,
    ...options
  })

/** The SDK's client over `fetch`. */
export const sdkOver = (fetch: Fetch) =>
  new Anthropic({ apiKey: "sk-test", fetch: (url, init) => Promise.resolve(fetch(String(url), init ?? {})) })

/** What stands at a path, in the service or in the SDK's client. */
export const at = (root: object, path: string): unknown =>
  path.split(".").reduce<unknown>((value, name) => Reflect.get(Object(value), name), root)

const message = { model: "claude-opus-5-5", max_tokens: 16, messages: [{ role: "user", content: "Hello" }] }

/** Parameters that each method takes: an id for every part of its route, and a message where it takes one. */
const paramsOf = ({ path, sent }: Call): object => ({
  ...Object.fromEntries(
    Array.from(sent.request?.route.matchAll(/\{(\w+)\}/g) ?? [], ([, name]) => [name, `${name}_1`])
  ),
  ...(path.startsWith("messages.") || path.startsWith("beta.messages.") ? message : {})
})

const argumentsOf = (call: Call): ReadonlyArray<unknown> =>
  (call.signatures.find(({ parameters }) => parameters.length >= arityOf(call))?.parameters ?? [])
    .filter(({ role }) => role !== "options")
    .map(({ name, role }) => role === "path" ? `${name}_1` : paramsOf(call))

type Method = (
  ...args: ReadonlyArray<unknown>
) => Effect.Effect<unknown, ClaudeError.ClaudeError> | Stream.Stream<unknown, ClaudeError.ClaudeError>

/** Runs a method to its end. */
export const run = (
  call: Call,
  name = call.path
): Effect.Effect<ReadonlyArray<unknown>, ClaudeError.ClaudeError, Claude.Claude> =>
  Effect.flatMap(Claude.Claude, (claude) => {
    const answer = (at(claude, name) as Method)(...argumentsOf(call))
    return Stream.isStream(answer) ? Stream.runCollect(answer) : Effect.map(answer, (value) => [value])
  })
