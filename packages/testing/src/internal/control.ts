/** Paths for whoever runs the simulator as a server, and has only HTTP to steer it. They want no credentials. */
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Schema from "effect/Schema"
import * as Fault from "../Fault.ts"
import * as Scenario from "../Scenario.ts"
import type { JournalEntry } from "./journal.ts"

/** What can be steered. */
export interface Controls {
  readonly journal: Effect.Effect<ReadonlyArray<JournalEntry>>
  readonly remaining: Effect.Effect<number>
  readonly script: (faults: Iterable<Fault.Fault>) => Effect.Effect<void>
  readonly play: (scenario: Scenario.Scenario) => Effect.Effect<void>
}

const Orders = Schema.Union([Schema.Array(Fault.Fault), Scenario.Scenario])

const isScript = (orders: typeof Orders.Type): orders is ReadonlyArray<Fault.Fault> => Array.isArray(orders)

const readOrders = HttpServerRequest.schemaBodyJson(Orders, { onExcessProperty: "error" })

export const routes = ({ journal, play, remaining, script }: Controls) => [
  HttpRouter.route(
    "GET",
    "/__simulator/journal",
    Effect.map(journal, (entries) => HttpServerResponse.jsonUnsafe(entries))
  ),
  HttpRouter.route(
    "POST",
    "/__simulator/faults",
    readOrders.pipe(
      Effect.flatMap((orders) => isScript(orders) ? script(orders) : play(orders)),
      Effect.andThen(remaining),
      Effect.catchTag("HttpServerError", () => Effect.fail("The body is not JSON")),
      // A fault that is nested without end overflows the stack.
      Effect.catchDefect(Effect.fail),
      Effect.match({
        onSuccess: (remaining) => HttpServerResponse.jsonUnsafe({ remaining }),
        onFailure: (error) => HttpServerResponse.jsonUnsafe({ error: String(error) }, { status: 400 })
      })
    )
  )
]
