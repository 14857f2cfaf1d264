/** The Claude API itself: who may ask, and what every answer says in its headers. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Redacted from "effect/Redacted"
import * as ApiError from "./apiError.ts"
import type { Platform } from "./platform.ts"
import { type ApiRequest, credentialsOf } from "./request.ts"

const authorize: Platform["admit"] = (request, apiKeys): Effect.Effect<void, ApiError.ApiError> => {
  const { apiKey, bearer } = credentialsOf(request)
  const isKnown = (key: string) => apiKeys.some((known) => Redacted.value(known) === key)
  const refuse = (detail: string) => Effect.fail(new ApiError.ApiError({ status: 401, detail }))
  if (apiKey === undefined && bearer === undefined) return refuse("x-api-key header is required")
  if (apiKey !== undefined && !isKnown(apiKey)) return refuse("invalid x-api-key")
  if (bearer !== undefined && !isKnown(bearer)) return refuse("Invalid bearer token")
  return Effect.void
}

const checkVersion = ({ headers }: ApiRequest): Effect.Effect<void, ApiError.ApiError> => {
  const version = headers["anthropic-version"]
  if (version === undefined) return Effect.fail(ApiError.invalidRequest("anthropic-version: header is required"))
  if (!/^\d{4}-\d{2}-\d{2}$/.test(version)) {
    return Effect.fail(ApiError.invalidRequest(`anthropic-version: "${version}" is not a valid version`))
  }
  return Effect.void
}

// What an answer says that no limit is set for: a real limit refills as time goes by, this one does not move.
const rateLimits = {
  requests: { limit: "4000", remaining: "3999" },
  tokens: { limit: "2400000", remaining: "2390000" },
  "input-tokens": { limit: "2000000", remaining: "1992000" },
  "output-tokens": { limit: "400000", remaining: "398000" }
}

const commonHeaders = (requestId: string, now: DateTime.Utc): Readonly<Record<string, string>> => {
  const reset = DateTime.formatIso(DateTime.add(now, { minutes: 1 })).replace(/\.\d+Z$/, "Z")
  return Object.fromEntries([
    ["request-id", requestId],
    ...Object.entries(rateLimits).flatMap(([name, { limit, remaining }]) => [
      [`anthropic-ratelimit-${name}-limit`, limit],
      [`anthropic-ratelimit-${name}-remaining`, remaining],
      [`anthropic-ratelimit-${name}-reset`, reset]
    ])
  ])
}

export const claudeApi: Platform = {
  admit: (request, apiKeys) => Effect.andThen(authorize(request, apiKeys), checkVersion(request)),
  modelId: identity,
  refusal: ApiError.answer,
  headers: (requestId, now, headers) => ({ ...commonHeaders(requestId, now), ...headers })
}
