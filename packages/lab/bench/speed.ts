/**
 * How long a simulation takes and what memory: `node packages/lab/bench/speed.ts [clients] [scenario] [policy]`, by
 * default 100,000 clients of `RetryPolicy.standard` in `outage-60s`. One simulation a process, so that the peak is its own.
 */
import * as RetryPolicy from "effect-claude/RetryPolicy"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import process from "node:process"
import * as Lab from "../src/Lab.ts"
import * as Policy from "../src/Policy.ts"
import * as Scenario from "../src/Scenario.ts"

const [clients = "100000", scenarioName = "outage-60s", policyName = "default"] = process.argv.slice(2)
const scenario = Scenario.builtIn.find(({ name }) => name === scenarioName) ?? Scenario.outage()
const policy = [...Policy.builtIn, ...Policy.contention].find(({ name }) => name === policyName)
  ?? Policy.make("default", RetryPolicy.standard)

const start = performance.now()
const cpu = process.cpuUsage()
await Effect.runPromise(
  Lab.run({ scenario, policy, clients: Number(clients) }).pipe(
    Effect.flatMap(({ calls, successRate }) => {
      const seconds = (performance.now() - start) / 1000
      const { system, user } = process.cpuUsage(cpu)
      const megabytes = process.resourceUsage().maxRSS / 1024
      return Console.log(
        [
          `${scenario.name}, ${policyName}: ${clients} clients, ${calls} calls, ${
            (successRate * 100).toFixed(1)
          }% succeed`,
          `${seconds.toFixed(2)} s, ${((system + user) / 1e6).toFixed(2)} s of CPU (${
            ((system + user) / calls).toFixed(2)
          } us a call), peak ${megabytes.toFixed(0)} MB`
        ].join("\n  ")
      )
    })
  )
)
