/** Which errors the built-in retry loop has repeated a call for, and given up on. */

const errors = new WeakSet<object>()

export const hasGivenUp = (error: object): boolean => errors.has(error)

export const giveUp = (error: object): void => {
  errors.add(error)
}
