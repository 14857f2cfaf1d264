/** One process of the fleet: as many calls as it can, for so many seconds. */
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import { Claude, RetryPolicy } from "effect-claude"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import process from "node:process"
import { RateLimits } from "../src/index.ts"
import type { Job } from "./fleet.ts"

const { apiKey, concurrency, limits, redis, seconds, url }: Job = JSON.parse(process.argv[2] ?? "")

const ClaudeLive = Claude.layer({ apiKey: Redacted.make(apiKey), baseURL: url, retry: RetryPolicy.none }).pipe(
  Layer.provide(RateLimits.layerLimiter(limits)),
  Layer.provide(RateLimits.layerStoreRedis()),
  Layer.provide(NodeRedis.layer({ url: redis }))
)

let refused = 0

const calls = (worker: number) =>
  Effect.gen(function*() {
    const claude = yield* Claude.Claude
    for (let call = 0;; call++) {
      const words = 5 + (worker * 31 + call * 17) % 60
      yield* Effect.catch(
        claude.messages.create({
          model: "claude-opus-5-5",
          max_tokens: 300,
          messages: [{ role: "user", content: `Say hello in ${words} words. ${"word ".repeat(words)}` }]
        }),
        () => Effect.sync(() => void refused++)
      )
    }
  })

const program = Effect.all(Array.from({ length: concurrency }, (_, worker) => calls(worker)), {
  concurrency: "unbounded"
}).pipe(Effect.timeoutOption(`${seconds} seconds`))

await Effect.runPromise(Effect.provide(program, ClaudeLive))
process.stdout.write(JSON.stringify({ refused }))
process.exit(0)
