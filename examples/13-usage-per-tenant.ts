/**
 * What each tenant has used and what that costs: whatever the calls, retried, streamed, failed or abandoned.
 *
 *     ANTHROPIC_API_KEY=sk-ant-… node examples/13-usage-per-tenant.ts
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Option, Ref, Stream } from "effect"
import { Claude, MessageStream, Prices, Usage } from "effect-claude"

const ask = (content: string) =>
  Stream.unwrap(
    Effect.map(Claude.Claude, ({ messages }) =>
      messages.stream({ model: "claude-opus-5-5", max_tokens: 256, messages: [{ role: "user", content }] }))
  ).pipe(
    MessageStream.text,
    Stream.mkString
  )

const program = Effect.gen(function*() {
  const ledger = yield* Ref.make<Readonly<Record<string, Usage.Usage>>>({})
  const charge = (tenant: string) => (usage: Usage.Usage) =>
    Ref.update(ledger, (all) => ({ ...all, [tenant]: Usage.sum([all[tenant] ?? Usage.none, usage]) }))

  yield* Effect.forEach(
    [["acme", "Say hello."], ["globex", "Say good morning."], ["acme", "Say goodbye."]] as const,
    ([tenant, question]) => ask(question).pipe(Usage.onExit(charge(tenant))),
    { concurrency: 2 }
  )

  for (const [tenant, usage] of Object.entries(yield* Ref.get(ledger))) {
    const cost = yield* Prices.cost(usage)
    const dollars = Option.match(cost, { onNone: () => "no price", onSome: (usd) => `$${usd.toFixed(4)}` })
    yield* Console.log(`${tenant}: ${usage.inputTokens} tokens in, ${usage.outputTokens} out, ${dollars}`)
  }
})

NodeRuntime.runMain(program.pipe(Effect.provide(Claude.layerConfig())))
