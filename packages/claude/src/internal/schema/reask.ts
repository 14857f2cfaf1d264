/** Asking again, with what was wrong. */
import * as Effect from "effect/Effect"
import { RequestRejectedError, StructuredOutputError } from "../../ClaudeError.ts"
import type { Reask } from "../../StructuredOutput.ts"
import type { AnyMessage } from "./answer.ts"

/** What asks: the parameters have the messages. */
type Params = { readonly messages: ReadonlyArray<unknown> }

/** The answers so far, and the value that the last of them says. */
export interface Tries<A, M> {
  readonly value: A
  readonly messages: readonly [...ReadonlyArray<M>, M]
}

/**
 * Asks, and asks again while the answer does not fit. Each try has the messages of the first and one pair more: the last
 * answer and what is wrong with it.
 */
export const askedAgain = <P extends Params, M extends AnyMessage, A, E, R>(
  first: Effect.Effect<M, E>,
  create: (params: P) => Effect.Effect<M, E>,
  params: P,
  decode: (message: M) => Effect.Effect<A, StructuredOutputError, R>,
  reask: Reask | undefined
): Effect.Effect<Tries<A, M>, E | StructuredOutputError | RequestRejectedError, R> => {
  const { prompt = promptOf, times = 0 } = reask ?? {}
  if (!Number.isInteger(times) || times < 0) return Effect.fail(badTimes(times))
  const next = (
    ask: Effect.Effect<M, E>,
    earlier: ReadonlyArray<M>,
    failures: ReadonlyArray<StructuredOutputError>
  ): Effect.Effect<Tries<A, M>, E | StructuredOutputError, R> =>
    Effect.flatMap(ask, (message) =>
      Effect.matchEffect(decode(message), {
        onSuccess: (value) => Effect.succeed({ value, messages: [...earlier, message] as const }),
        onFailure: (error) =>
          error.isRetryable && failures.length < times
            ? next(create(corrected(params, error, prompt(error))), [...earlier, message], [...failures, error])
            : Effect.fail(withTried(error, failures))
      }))
  return next(first, [], [])
}

const badTimes = (times: number) =>
  new RequestRejectedError({
    message: `reask.times: expected a whole number from 0, got ${times}`,
    param: "reask.times"
  })

const corrected = <P extends Params>(params: P, { text }: StructuredOutputError, prompt: string): P => ({
  ...params,
  messages: [
    ...params.messages,
    // The API takes no empty text.
    ...(text.trim() === "" ? [] : [{ role: "assistant", content: text }]),
    { role: "user", content: prompt }
  ]
})

const mostIssues = 10

const promptOf = ({ reason }: StructuredOutputError): string => {
  switch (reason._tag) {
    case "Mismatch": {
      const issues = reason.issues.slice(0, mostIssues).map(({ message, path }) =>
        `- ${path.join(".") || "the whole"}: ${message}`
      )
      return `Your answer does not fit the schema:\n${issues.join("\n")}\nGive the whole answer again, corrected.`
    }
    case "NotJson":
      return `Your answer is not JSON: ${reason.problem}\nGive the whole answer again, as JSON.`
    default:
      return "Give the whole answer again."
  }
}

const withTried = (
  error: StructuredOutputError,
  failures: ReadonlyArray<StructuredOutputError>
): StructuredOutputError => {
  if (failures.length === 0) return error
  const { cause, message, model, operation, reason, response, text } = error
  return new StructuredOutputError({
    message: `${message} (asked ${failures.length + 1} times)`,
    reason,
    text,
    response,
    tried: failures.map(({ reason, response, text }) => ({ reason, response, text })),
    ...(operation === undefined ? {} : { operation }),
    ...(model === undefined ? {} : { model }),
    ...(cause === undefined ? {} : { cause })
  })
}
