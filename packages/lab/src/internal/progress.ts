/** A line on the terminal that says how far it is. Nothing where nobody looks. */
import * as Effect from "effect/Effect"
import process from "node:process"

export const make = (total: number) => {
  const stream = process.stderr
  let done = 0
  const show = (text: string) => stream.isTTY && stream.write(`\r\u001B[K${text}`)
  return {
    during: (label: string) => (share: number): void => {
      show(`${Math.floor((done + share) / total * 100)}%  ${label}`.slice(0, (stream.columns || 80) - 1))
    },
    done: Effect.sync(() => {
      done++
    }),
    clear: Effect.sync(() => {
      show("")
    })
  }
}
