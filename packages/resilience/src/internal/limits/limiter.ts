/** The limiter as an interceptor. */
import type * as ClaudeError from "effect-claude/ClaudeError"
import * as Interceptor from "effect-claude/Interceptor"
import * as Usage from "effect-claude/Usage"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Tokens from "../../Tokens.ts"
import { monotonicMillis } from "../monotonic.ts"
import { WatchedStore } from "../stores/watched.ts"
import { estimateInput, isMessage, maxTokensOf } from "../tokens.ts"
import type { BucketName } from "./buckets.ts"
import { type Amounts, Group, type Place, type TooLong } from "./group.ts"
import { modelGroup } from "./modelGroup.ts"
import type { LimiterOptions, Limits } from "./options.ts"
import { LimiterStore } from "./store.ts"

/** What a call has taken at its attempts. */
interface Trip {
  readonly group: Group
  readonly inputTokens: number
  place: Place | undefined
}

const CurrentTrip: Context.Reference<Trip | undefined> = Context.Reference<Trip | undefined>(
  "@effect-claude/resilience/limits/CurrentTrip",
  { defaultValue: () => undefined }
)

const amountsOf = ({ inputTokensPerMinute, outputTokensPerMinute, requestsPerMinute }: Limits): Amounts => ({
  ...(requestsPerMinute === undefined ? {} : { requests: requestsPerMinute }),
  ...(inputTokensPerMinute === undefined ? {} : { inputTokens: inputTokensPerMinute }),
  ...(outputTokensPerMinute === undefined ? {} : { outputTokens: outputTokensPerMinute })
})

/** Tokens read from a cache do not count as input. */
const usedBy = (usage: Usage.Usage) => ({
  requests: 1,
  inputTokens: usage.inputTokens - usage.cacheReadTokens,
  outputTokens: usage.outputTokens
})

export const make = (
  options: LimiterOptions
): Effect.Effect<Interceptor.Interceptor, never, LimiterStore> => {
  checkLimits("", options)
  for (const [group, limits] of Object.entries(options.groups ?? {})) checkLimits(`groups.${group}.`, limits)
  return Effect.map(LimiterStore, (store) => {
    const {
      group: groupOf = modelGroup,
      groups: ownLimits = {},
      inputTokens = Tokens.estimated,
      name = "default",
      onStoreError = "allow",
      storeTimeout = "1 second",
      ...limits
    } = options
    const maxWait = Duration.fromInputUnsafe(options.maxWait ?? "10 minutes")
    const watched = new WatchedStore(`the limiter \`${name}\``, Duration.fromInputUnsafe(storeTimeout), store.isLocal)
    const groups = new Map<string, Group>()

    const groupFor = (model: string): Group => {
      const id = groupOf(model)
      const found = groups.get(id)
      if (found !== undefined) return found
      const own = Object.hasOwn(ownLimits, id) ? ownLimits[id] : undefined
      const group = new Group(`${name}:${id}`, amountsOf({ ...limits, ...own }), store, watched, onStoreError)
      groups.set(id, group)
      return group
    }

    const refuse = (call: Interceptor.CallInfo, group: Group, error: TooLong | { readonly _tag: "StoreError" }) =>
      error._tag === "TooLong"
        ? Interceptor.reject(call, {
          reason: { _tag: "LimitExceeded", name: group.key },
          message: `The limits of \`${group.key}\` leave no room within ${Duration.format(maxWait)}. ` +
            "Make fewer calls, raise `maxWait`, or try again later.",
          retryAfter: error.retryAfter
        })
        : Interceptor.reject(call, {
          reason: { _tag: "StoreUnavailable", name: group.key },
          message: `The store of the limiter \`${name}\` does not answer, and \`onStoreError\` is "fail".`
        })

    const settle = (trip: Trip, end: Interceptor.End): Effect.Effect<void> => {
      const { group, place } = trip
      if (place === undefined) return Effect.void
      trip.place = undefined
      if (end.attempts === 0) return group.settle(place, {})
      if (end._tag === "Completed") {
        const used = usedBy(Usage.finalOnly(end.usage))
        group.observeOutput(used.outputTokens)
        return group.settle(place, used)
      }
      // What a message has read is counted from its start, what it wrote only at its end.
      const { inputTokens } = usedBy(end.usage)
      return group.settle(place, inputTokens > 0 ? { ...place.taken, inputTokens } : place.taken)
    }

    /** An attempt that failed took a request, and tokens only where it may have run. */
    const failed = (trip: Trip, error: ClaudeError.ClaudeError): Effect.Effect<void> =>
      Effect.suspend(() => {
        const { group, place } = trip
        trip.place = undefined
        const retryAfter = error.isThrottling && "retryAfter" in error ? error.retryAfter : undefined
        const pause = retryAfter === undefined ? Effect.void : group.pause(retryAfter)
        if (place === undefined) return pause
        const refused = "status" in error ? { requests: 1 } : {}
        return Effect.andThen(pause, group.settle(place, error.outcome === "not-executed" ? refused : place.taken))
      })

    return Interceptor.make({
      call: (call, next) => {
        const { model } = call
        if (model === undefined || !isMessage(call)) return next(call)
        return Effect.flatMap(
          Effect.orElseSucceed(inputTokens(call), () => estimateInput(call.params)),
          (inputTokens) => {
            const trip: Trip = { group: groupFor(model), inputTokens, place: undefined }
            return Effect.andThen(
              call.onEnd((end) => settle(trip, end)),
              Effect.provideService(next(call), CurrentTrip, trip)
            )
          }
        )
      },
      attempt: (attempt, next) =>
        Effect.flatMap(CurrentTrip, (trip) => {
          if (trip === undefined) return next(attempt)
          const { group } = trip
          const need = {
            requests: 1,
            inputTokens: trip.inputTokens,
            outputTokens: group.expectedOutput(maxTokensOf(attempt.call))
          }
          return Effect.uninterruptibleMask((restore) =>
            Effect.flatMap(
              Effect.catch(group.enter(need, maxWait, restore), (error) => refuse(attempt.call, group, error)),
              (place) => {
                trip.place = place
                // Of two attempts at once the first one's use is not told.
                const leave = Effect.addFinalizer(() =>
                  Effect.andThen(place.endTurn, trip.place === place ? Effect.void : group.settle(place, place.taken))
                )
                return Effect.andThen(leave, restore(Effect.tapError(next(attempt), (error) => failed(trip, error))))
              }
            )
          )
        }),
      answered: (_, response) =>
        Effect.flatMap(CurrentTrip, (trip) => {
          if (trip === undefined) return Effect.void
          return Effect.flatMap(monotonicMillis, (now) =>
            Effect.andThen(
              tell(trip, response, now),
              trip.place?.endTurn ?? Effect.void
            ))
        })
    })
  })
}

const checkLimits = (path: string, limits: Limits): void => {
  for (const name of ["requestsPerMinute", "inputTokensPerMinute", "outputTokensPerMinute"] as const) {
    const limit = limits[name]
    if (limit !== undefined && !(limit > 0 && limit < Infinity)) {
      throw new RangeError(
        `${path}${name} must be a number above 0, got ${limit}. Leave it out for what the API tells.`
      )
    }
  }
}

const names: ReadonlyArray<BucketName> = ["requests", "inputTokens", "outputTokens"]

/** What the API tells may be as old as the request: the bucket has got more since. */
const tell = (
  { group, place }: Trip,
  { rateLimits, status }: Interceptor.ResponseInfo,
  now: number
): Effect.Effect<void> =>
  group.tell(
    names.flatMap((name) => {
      const { limit, remaining } = rateLimits?.[name] ?? {}
      if (limit === undefined || remaining === undefined || limit <= 0) return []
      return { name, limit, remaining, refill: (now - (place?.enteredAt ?? now)) * limit / 60_000 }
    }),
    status < 400
  )
