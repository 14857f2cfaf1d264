/**
 * A worker of a queue, four jobs at a time: each tenant has a client with its own key, and what fails goes to a queue of dead
 * letters, from which it is put back once a minute.
 *
 *     ACME_API_KEY=sk-ant-… GLOBEX_API_KEY=sk-ant-… node examples/18-queue-worker.ts
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Schedule } from "effect"
import { Job, jobs, QueuesLive, revive, Tenants, work } from "./worker/worker.ts"

const program = Effect.gen(function*() {
  const queue = yield* jobs
  yield* queue.offer(new Job({ id: "1", tenant: "acme", question: "Say hello." }))
  yield* queue.offer(new Job({ id: "2", tenant: "globex", question: "Say good morning." }))

  const worker = queue.take((job) => Effect.flatMap(work(job), (outcome) => Console.log(`${job.id}: ${outcome}`))).pipe(
    // The queue gives the job again later: here it is only told.
    Effect.catch((error) => Effect.logError("job failed", error)),
    Effect.forever
  )
  const reviver = Effect.flatMap(revive, Console.log).pipe(Effect.repeat(Schedule.spaced("1 minute")))
  yield* Effect.all([...Effect.replicate(worker, 4), reviver], { concurrency: "unbounded", discard: true })
})

NodeRuntime.runMain(program.pipe(Effect.provide([QueuesLive, Tenants.layer])))
