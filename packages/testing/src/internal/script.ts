/** Faults in line for the requests to come. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fault from "../Fault.ts"

export interface Script {
  readonly add: (faults: Iterable<Fault.Fault>) => Effect.Effect<void>
  /** The fault of the next request, if any is left. */
  readonly next: Effect.Effect<Fault.Fault | undefined>
  /** How many are yet to strike. */
  readonly remaining: Effect.Effect<number>
  readonly clear: Effect.Effect<void>
}

/** No request can take the fault that keeps requests out, so it strikes as soon as it is first in line. */
export const make = (refuse: (duration: Duration.Duration) => Effect.Effect<void>): Script => {
  const faults: Array<Fault.Fault> = []

  const settle = Effect.suspend(() => {
    let duration: Duration.Duration | undefined
    for (let first = faults[0]; first?._tag === "Refused"; first = faults[0]) {
      duration = Duration.sum(duration ?? Duration.zero, first.duration)
      faults.shift()
    }
    return duration === undefined ? Effect.void : refuse(duration)
  })

  return {
    add: (added) =>
      Effect.suspend(() => {
        for (const fault of added) faults.push(fault)
        return settle
      }),
    next: Effect.suspend(() => {
      const fault = faults.shift()
      return Effect.as(settle, fault)
    }),
    remaining: Effect.sync(() => faults.length),
    clear: Effect.sync(() => {
      faults.length = 0
    })
  }
}
