/** The properties of what every object, list, text and function of the process inherits from. */

const shared: ReadonlyArray<readonly [string, object]> = [
  ["Object", Object],
  ["Object.prototype", Object.prototype],
  ["Array", Array],
  ["Array.prototype", Array.prototype],
  ["String.prototype", String.prototype],
  ["Number.prototype", Number.prototype],
  ["Boolean.prototype", Boolean.prototype],
  ["Function.prototype", Function.prototype],
  ["Map.prototype", Map.prototype],
  ["Promise.prototype", Promise.prototype],
  ["Error.prototype", Error.prototype]
]

/** The names of all of them, to compare before and after. */
export const prototypes = (): ReadonlyArray<string> =>
  shared.flatMap(([name, value]) => Reflect.ownKeys(value).map((key) => `${name}.${String(key)}`))
