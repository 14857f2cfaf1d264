/** A text that goes on in a new request where its stream broke. */
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Pieces } from "./pieces.ts"

type Text<E, R> = Stream.Stream<string, E, R>

/** How a text goes on: see `MessageStream.Cut`. */
interface Cut<E> {
  readonly text: string
  readonly error: E
  readonly attempt: number
}

export const recoverText = <E, R, E2, R2>(
  self: Text<E, R>,
  schedule: Schedule.Schedule<unknown, E | E2>,
  next: (cut: Cut<E | E2>) => Text<E2, R2>
): Text<E | E2, R | R2> =>
  Stream.unwrap(Effect.map(Schedule.toStepWithSleep(schedule), (step) => {
    const said = new Pieces()
    const go = (text: Text<E | E2, R | R2>, attempt: number): Text<E | E2, R | R2> =>
      text.pipe(
        Stream.map((piece) => {
          said.add(piece)
          return piece
        }),
        Stream.catch((error) =>
          Stream.unwrap(Pull.matchEffect(step(error), {
            onSuccess: () =>
              Effect.sync(() => {
                const cut = { text: said.text, error, attempt }
                return go(without(trailingSpace(cut.text), next(cut)), attempt + 1)
              }),
            onDone: () => Effect.fail(error),
            onFailure: Effect.failCause
          }))
        )
      )
    return go(self, 1)
  }))

const trailingSpace = (text: string): string => text.slice(text.trimEnd().length)

/**
 * The API refuses a turn of the assistant that ends in white space, so the request leaves it out; where the new text begins
 * with it, it is not said twice.
 */
const without = <E, R>(space: string, text: Text<E, R>): Text<E, R> =>
  space === "" ? text : text.pipe(
    Stream.mapAccum(() => space, (left, piece) => {
      const same = commonPrefix(left, piece)
      return [same === piece.length ? left.slice(same) : "", [piece.slice(same)]]
    }),
    Stream.filter((piece) => piece !== "")
  )

const commonPrefix = (a: string, b: string): number => {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return length
}

/** What says how a text goes on. */
export interface Prompt {
  readonly messages: ReadonlyArray<object>
}

/** The parameters with what was said as the beginning of the answer. */
export const prefilled = <P extends Prompt>(params: P, text: string): P => {
  const said = text.trimEnd()
  return said === "" ? params : { ...params, messages: [...params.messages, { role: "assistant", content: said }] }
}

const goOn =
  "Your answer was cut off by a technical fault. Go on exactly where it ends: your reply is appended to it as " +
  "it is. Begin with the next character, repeat nothing, and do not mention the interruption."

/** The parameters with what was said as an answer, and a turn that asks to go on. */
export const askedToGoOn = <P extends Prompt>(params: P, text: string, request = goOn): P => {
  const before = prefilled(params, text)
  return before === params
    ? params
    : { ...before, messages: [...before.messages, { role: "user", content: request }] }
}
