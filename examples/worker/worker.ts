/** A worker: jobs of many tenants, each tenant with a client of its own, and a queue for those that failed. */
import { Config, Effect, Layer, LayerMap, Schema } from "effect"
import { Claude, ClaudeError, Message } from "effect-claude"
import { PersistedQueue } from "effect/persistence"

export class Job extends Schema.Class<Job>("Job")({
  id: Schema.String,
  tenant: Schema.String,
  question: Schema.String
}) {}

/** A job that failed, and why. The error encodes, and comes back with its class, `reason` and `requestId`. */
export class DeadLetter extends Schema.Class<DeadLetter>("DeadLetter")({
  job: Job,
  error: ClaudeError.ClaudeError
}) {}

/** The clients, one a tenant: made when it is needed, shared by its jobs, closed when it is idle. */
export class Tenants extends LayerMap.Service<Tenants>()("Tenants", {
  lookup: (tenant: string) => Claude.layerConfig({ apiKey: Config.Redacted(`${tenant.toUpperCase()}_API_KEY`) }),
  idleTimeToLive: "5 minutes"
}) {}

export const jobs = PersistedQueue.make({ name: "jobs", schema: Job })
export const deadLetters = PersistedQueue.make({ name: "dead-letters", schema: DeadLetter })

const answer = Effect.fn(function*({ question }: Job) {
  const claude = yield* Claude.Claude
  const message = yield* claude.messages.create({
    model: "claude-opus-5-5",
    max_tokens: 256,
    messages: [{ role: "user", content: question }]
  })
  return Message.text(yield* Message.complete(message))
})

/** Does a job. What of Claude fails it, retries included, goes to the dead letters. */
export const work = Effect.fn(function*(job: Job) {
  const failed = yield* deadLetters
  return yield* answer(job).pipe(
    Effect.provide(Tenants.get(job.tenant)),
    Effect.catchIf(
      ClaudeError.isClaudeError,
      (error) => Effect.as(failed.offer(new DeadLetter({ job, error })), error._tag)
    )
  )
})

/** Puts back what may work by now: takes a dead letter, and offers its job again where its error is retryable. */
export const revive = Effect.gen(function*() {
  const queue = yield* jobs
  const failed = yield* deadLetters
  return yield* failed.take(({ error, job }) =>
    error.isRetryable
      ? Effect.as(queue.offer(job), `${job.id}: again, after ${error._tag}`)
      : Effect.succeed(`${job.id}: given up, ${error._tag}, request ${error.requestId}`)
  )
})

/** In production, `layerStoreRedis` or `layerStoreSql`. */
export const QueuesLive = PersistedQueue.layer.pipe(Layer.provide(PersistedQueue.layerStoreMemory))
