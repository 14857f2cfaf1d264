import { Scenario, Server } from "@effect-claude/lab"
import type { Duration } from "effect"

/** All clients at once, no jitter in what the server does: cases that can be worked out by hand. */
export const byHand = (server: ReadonlyArray<Server.Part>, options?: {
  readonly latency?: Duration.Input
  readonly usage?: Scenario.Scenario["usage"]
  readonly limits?: Parameters<typeof Scenario.make>[0]["limits"]
}): Scenario.Scenario =>
  Scenario.make({
    name: "by-hand",
    description: "Worked out by hand",
    arrivals: { over: 0 },
    latency: { median: options?.latency ?? "200 millis", spread: 0 },
    usage: options?.usage,
    limits: options?.limits,
    server
  })

/** Every call fails with 529 after so long. */
export const down = (after: Duration.Input): Server.Part =>
  Server.failing({
    rate: 1,
    failures: [{ ...Server.overloaded, after: Server.failure(Server.overloaded.error, { after }).after }]
  })
