/** Figures of repeated measurements. */
import { all, type Name } from "./fixture.ts"

export interface Figures {
  readonly median: number
  /** From the first to the third quartile. */
  readonly spread: readonly [number, number]
}

const at = (sorted: ReadonlyArray<number>, part: number): number => {
  const place = (sorted.length - 1) * part
  const low = sorted[Math.floor(place)] ?? NaN
  const high = sorted[Math.ceil(place)] ?? NaN
  return low + (high - low) * (place - Math.floor(place))
}

const figuresOf = (values: ReadonlyArray<number>): Figures => {
  const sorted = values.toSorted((a, b) => a - b)
  return { median: at(sorted, 0.5), spread: [at(sorted, 0.25), at(sorted, 0.75)] }
}

export type Measured<K extends string> = Readonly<Record<Name, Readonly<Record<K, Figures>>>>

/** Measures the programs in turns, so that what slows the machine slows all of them. The first round only warms up. */
export const interleaved = <K extends string>(
  rounds: number,
  measure: (name: Name) => Readonly<Record<K, number>>
): Measured<K> => {
  const found = new Map<Name, Array<Readonly<Record<K, number>>>>(all.map((name) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const name of all) {
      const values = measure(name)
      if (round > 0) found.get(name)?.push(values)
    }
  }
  return Object.fromEntries(
    [...found].map(([name, rows]) => [
      name,
      Object.fromEntries(Object.keys(rows[0] ?? {}).map((key) => [key, figuresOf(rows.map((row) => row[key as K]))]))
    ])
  ) as Measured<K>
}
