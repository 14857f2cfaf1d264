/**
 * Answers kept, by method and parameters: an interceptor that answers from a `KeyValueStore`. Only whole messages are kept,
 * and a store that is down costs a request, not the answer.
 *
 *     ANTHROPIC_API_KEY=sk-ant-… node examples/12-caching-answers.ts
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { Claude, Interceptor, Message, Usage } from "effect-claude"
import { KeyValueStore } from "effect/persistence"
import { createHash } from "node:crypto"

/** A kept answer uses no tokens again, and must not be counted again. */
const nothing = { input_tokens: 0, output_tokens: 0 }

const CachedAnswers = Interceptor.layer(Effect.gen(function*() {
  const store = yield* KeyValueStore.KeyValueStore
  return Interceptor.make({
    call: Effect.fnUntraced(function*(call, next) {
      if (call.operation.name !== "messages.create") return yield* next(call)
      const key = createHash("sha256").update(JSON.stringify([call.operation.name, call.params])).digest("hex")
      const kept = yield* store.get(key).pipe(Effect.orElseSucceed(() => undefined))
      if (kept !== undefined) {
        return yield* call.answer(new Response(kept, { headers: { "content-type": "application/json" } }))
      }
      yield* call.onEnd(({ _tag, message }) =>
        _tag === "Completed" && message?.stop_reason === "end_turn"
          ? Effect.ignore(store.set(key, JSON.stringify({ ...message, usage: nothing })), { log: true })
          : Effect.void
      )
      return yield* next(call)
    })
  })
}))

const ClaudeLive = Claude.layerConfig().pipe(
  Layer.provide(CachedAnswers),
  Layer.provide(KeyValueStore.layerMemory) // in production, layerFileSystem, layerSql or another
)

const program = Effect.gen(function*() {
  const claude = yield* Claude.Claude
  for (const word of ["rain", "snow", "rain"]) {
    const { usage, value } = yield* Usage.track(claude.messages.create({
      model: "claude-opus-5-5",
      max_tokens: 64,
      messages: [{ role: "user", content: `A rhyme for ${word}?` }]
    }))
    yield* Console.log(`${word}: ${Message.text(value)} (${usage.outputTokens} tokens)`)
  }
})

NodeRuntime.runMain(program.pipe(Effect.provide(ClaudeLive)))
