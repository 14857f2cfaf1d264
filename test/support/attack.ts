/** Runs generated cases over real sockets, and says which of them broke the claim. */
import { Cause, Effect, Exit, Layer, Redacted } from "effect"
import { Claude, ClaudeError, RetryPolicy } from "effect-claude"
import process from "node:process"
import { type Answer, answerOf, Dice } from "./attackAnswers.ts"
import { attackServer, caseHeader } from "./attackServer.ts"
import { type Target, targets } from "./attackTargets.ts"
import { prototypes } from "./prototypes.ts"

interface Case {
  readonly id: number
  readonly target: Target
  readonly answers: ReadonlyArray<Answer>
}

/** The case of a number: the same, whenever it is asked for. */
const caseOf = (seed: number, id: number): Case => {
  const target = targets[id % targets.length] ?? targets[0]
  if (target === undefined) throw new Error("no target")
  const dice = new Dice(seed * 1_000_003 + id)
  return { id, target, answers: target.bodies(dice).map((shape) => answerOf(dice, shape)) }
}

const maxJson = 400_000

const lieOfError = (error: unknown): string | undefined => {
  if (!ClaudeError.isClaudeError(error)) return `an error of another kind: ${String(error)}`
  const { givenUp, isRetryable, isThrottling, message, outcome } = error
  if (![givenUp, isRetryable, isThrottling].every((value) => typeof value === "boolean")) {
    return "a getter without an answer"
  }
  if (outcome === undefined || typeof message !== "string") return "an error without a message or an outcome"
  const { length } = JSON.stringify(error)
  return length <= maxJson ? undefined : `an error of ${length} characters of JSON`
}

const lieOf = ({ answers, target }: Case, exit: Exit.Exit<unknown, unknown>): string | undefined => {
  const last = answers.at(-1)
  if (Exit.isSuccess(exit)) return last === undefined ? "no answer" : target.lie(exit.value, last)
  const failures = exit.cause.reasons.filter(Cause.isFailReason)
  return failures.length === 0 ? `a defect: ${Cause.pretty(exit.cause)}` : lieOfError(failures[0]?.error)
}

export interface Report {
  readonly successes: number
  readonly problems: ReadonlyArray<string>
}

/** Cases `from` to `to` of a seed. */
export const attack = (seed: number, from: number, to: number): Effect.Effect<Report, unknown> =>
  Effect.scoped(Effect.gen(function*() {
    const rejections: Array<string> = []
    const onRejection = (reason: unknown) => rejections.push(`an unhandled rejection: ${String(reason)}`)
    process.on("unhandledRejection", onRejection)
    yield* Effect.addFinalizer(() => Effect.sync(() => process.off("unhandledRejection", onRejection)))
    const under = new Map<number, Case>()
    const server = yield* attackServer((id, request) => {
      const answers = under.get(id)?.answers ?? []
      return answers[Math.min(request, answers.length - 1)]?.wire ?? []
    })
    const layer = Layer.orDie(
      Claude.layer({ apiKey: Redacted.make("sk-test-attack"), baseURL: server.url, retry: RetryPolicy.none })
    )
    const context = yield* Layer.build(layer)
    const problems: Array<string> = []
    let successes = 0
    let before = prototypes().length
    const one = (id: number) =>
      Effect.suspend(() => {
        const each = caseOf(seed, id)
        under.set(id, each)
        const run = Effect.flatMap(Claude.Claude, (claude) => each.target.run(claude, { [caseHeader]: String(id) }))
        return Effect.map(Effect.exit(Effect.provide(run, context)), (exit) => {
          under.delete(id)
          if (Exit.isSuccess(exit)) successes++
          const after = prototypes().length
          const lie = lieOf(each, exit) ?? (after === before ? undefined : "a prototype was changed")
          before = after
          if (lie !== undefined) problems.push(`seed ${seed}, case ${id} (${each.target.name}): ${lie}`)
        })
      })
    const ids = Array.from({ length: to - from }, (_, index) => from + index)
    yield* Effect.forEach(ids, one, { concurrency: 16, discard: true })
    yield* server.drained
    return { successes, problems: [...problems, ...rejections] }
  }))
