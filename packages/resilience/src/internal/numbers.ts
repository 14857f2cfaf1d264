/** Checks of numbers and durations in options: a wrong one is an error of the line that says it. */
import * as Duration from "effect/Duration"

export const wholeNumber = (name: string, value: number, minimum: number): number => {
  if (!(Number.isInteger(value) || value === Infinity) || value < minimum) {
    throw new RangeError(`${name} must be a whole number of at least ${minimum}, got ${value}`)
  }
  return value
}

export const positiveDuration = (name: string, input: Duration.Input): Duration.Duration => {
  const duration = Duration.fromInputUnsafe(input)
  if (!(Duration.toMillis(duration) > 0)) {
    throw new RangeError(`${name} must be longer than nothing, got ${Duration.format(duration)}`)
  }
  return duration
}
