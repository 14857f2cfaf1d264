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
import { parseArgs } from "node:util"
import { fetch, measure, params } from "./turns.ts"

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "15" }, calls: { type: "string", default: "2000" } }
})

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

await measure("the SDK", subjects, { calls: Number(options.calls), rounds: Number(options.rounds) })
