/** When the clients come. */
import type * as Scenario from "../Scenario.ts"
import type { Prng } from "./Prng.ts"

/** Independent, uniform times, a surge counting `factor` times: given its size, a Poisson crowd looks just so. Sorted. */
export const arrivals = (
  { over, surge }: Scenario.Scenario["arrivals"],
  clients: number,
  prng: Prng
): Float64Array => {
  const from = surge?.from ?? 0
  const lasts = surge === undefined ? 0 : surge.to - surge.from
  const factor = surge?.factor ?? 1
  const total = over + lasts * (factor - 1)
  return Float64Array.from({ length: clients }, () => {
    const mass = prng.nextDoubleUnsafe() * total
    if (mass < from) return mass
    if (mass < from + lasts * factor) return from + (mass - from) / factor
    return mass - lasts * (factor - 1)
  }).sort()
}
