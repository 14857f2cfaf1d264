/**
 * What a storm of calls costs, and whether it leaves anything behind:
 * `node --expose-gc packages/testing/bench/storm.ts [calls] [rounds] [--sockets]`, by default 10,000 calls in 3 rounds
 * without sockets. Each round builds its layers anew; after it, the heap is collected and measured, and what still keeps
 * the process busy is counted.
 */
import { Console, Effect, Layer, Result } from "effect"
import { TestClock } from "effect/testing"
import process from "node:process"
import * as Storm from "../test/storm.ts"

const sockets = process.argv.includes("--sockets")
const [calls = "10000", rounds = "3"] = process.argv.slice(2).filter((argument) => !argument.startsWith("--"))

const kept = (): string => {
  globalThis.gc?.()
  const megabytes = process.memoryUsage().heapUsed / 2 ** 20
  const busy = process.getActiveResourcesInfo().filter((name) => !/^TTY|Pipe|FSReq/.test(name))
  return `${megabytes.toFixed(1)} MB of heap after it, busy with: ${busy.join(", ") || "nothing"}`
}

const round = Effect.gen(function*() {
  const ended = yield* Storm.run(Number(calls))
  const answered = ended.filter(({ result }) => Result.isSuccess(result)).length
  const requests = ended.reduce((sum, { requests }) => sum + requests.length, 0)
  return `${answered} of ${calls} calls answered, ${requests} requests`
}).pipe(Effect.provide(Storm.layer({ sockets }).pipe(Layer.provideMerge(TestClock.layer()))))

const measured = Effect.gen(function*() {
  const start = performance.now()
  const cpu = process.cpuUsage()
  const what = yield* round
  const { system, user } = process.cpuUsage(cpu)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
  yield* Console.log(`${what}; ${seconds} s, ${((system + user) / 1e6).toFixed(1)} s of CPU; ${kept()}`)
})

await Effect.runPromise(Effect.replicateEffect(measured, Number(rounds), { discard: true }))
