/** The pace of a model: when each token of an answer comes. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/**
 * How fast messages are written.
 *
 * @category models
 * @since 0.1.0
 */
export interface Pacing {
  /** From the request to the first token, or event. Default: none. */
  readonly timeToFirstToken?: Duration.Input | undefined
  /** From then on. A message that does not stream takes as long. Default: all at once. */
  readonly tokensPerSecond?: number | undefined
}

/** How long after the request a token comes, in milliseconds. */
export const dueAfter = ({ timeToFirstToken = 0, tokensPerSecond = Infinity }: Pacing, tokens: number): number =>
  Duration.toMillis(Duration.fromInputUnsafe(timeToFirstToken)) + tokens * 1000 / tokensPerSecond

const sleepUntil = (due: number): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => due > now ? Effect.sleep(due - now) : Effect.void)

/** Each element when its last token is due. Counted from the start, so that delays do not add up. */
export const paced = <A>(
  events: Stream.Stream<A>,
  pacing: Pacing,
  tokensIn: (event: A) => number
): Stream.Stream<A> =>
  Stream.unwrap(Effect.map(Clock.currentTimeMillis, (start) => {
    let tokens = 0
    return Stream.mapEffect(events, (event) =>
      Effect.suspend(() => {
        tokens += tokensIn(event)
        return Effect.as(sleepUntil(start + dueAfter(pacing, tokens)), event)
      }))
  }))
