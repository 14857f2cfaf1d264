/**
 * What a call costs in CPU on a stub `fetch`, one at a time: the plain SDK, this library, and this library with interceptors.
 *
 *     node packages/bench/src/calls.ts [--rounds 15] [--calls 2000]
 *
 * Everything runs in one process, in turns whose order changes, so that what else the machine does meets all of them.
 */
import Anthropic from "@anthropic-ai/sdk"
import * as Claude from "effect-claude/Claude"
import * as Interceptor from "effect-claude/Interceptor"
import * as RetryPolicy from "effect-claude/RetryPolicy"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import process from "node:process"
import { parseArgs } from "node:util"

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "15" }, calls: { type: "string", default: "2000" } }
})

const body = JSON.stringify({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-opus-5-5",
  content: [{ type: "text", text: "Hello", citations: null }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 10, output_tokens: 5 }
})

const fetch = () => Promise.resolve(new Response(body, { headers: { "content-type": "application/json" } }))

const params = {
  model: "claude-opus-5-5",
  max_tokens: 16,
  messages: [{ role: "user" as const, content: "Hello" }]
}

const sdk = new Anthropic({ apiKey: "sk-test", fetch, maxRetries: 0, logLevel: "off" })

const serviceWith = (interceptors: ReadonlyArray<Interceptor.Interceptor>) =>
  Effect.runSync(
    Effect.provide(
      Claude.Claude,
      Claude.layer({ apiKey: Redacted.make("sk-test"), fetch, retry: RetryPolicy.none, interceptors })
    )
  )

const passing = () => Interceptor.make({ call: (call, next) => next(call), ended: () => Effect.void })

const looping = (service: Claude.Service) => {
  const call = service.messages.create(params)
  return (times: number) => Effect.runPromise(Effect.repeat(call, { times: times - 1 }))
}

const subjects: Readonly<Record<string, (times: number) => Promise<unknown>>> = {
  "the SDK": async (times) => {
    for (let index = 0; index < times; index++) await sdk.messages.create(params)
  },
  "effect-claude": looping(serviceWith([])),
  "with one interceptor": looping(serviceWith([passing()])),
  "with five interceptors": looping(serviceWith(Array.from({ length: 5 }, passing)))
}

const calls = Number(options.calls)
const names = Object.keys(subjects)
const samples = new Map(names.map((name) => [name, new Array<number>()]))

for (let round = 0; round <= Number(options.rounds); round++) {
  for (const [index] of names.entries()) {
    const name = names[(index + round) % names.length] ?? ""
    const before = process.cpuUsage()
    await subjects[name]?.(calls)
    const { system, user } = process.cpuUsage(before)
    // The first round only warms up.
    if (round > 0) samples.get(name)?.push((system + user) / calls)
  }
}

const quantile = (values: ReadonlyArray<number>, q: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.round((sorted.length - 1) * q)] ?? NaN
}

const base = quantile(samples.get("the SDK") ?? [], 0.5)
console.log("CPU a call, µs: median (quartiles), ratio to the SDK")
for (const [name, values] of samples) {
  const [low, median, high] = [0.25, 0.5, 0.75].map((q) => quantile(values, q))
  console.log(
    `${name.padEnd(24)} ${median?.toFixed(0)} (${low?.toFixed(0)}-${high?.toFixed(0)})  ${
      ((median ?? 0) / base).toFixed(2)
    }`
  )
}
