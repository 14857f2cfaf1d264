import { APIError } from "@anthropic-ai/sdk/core/error"
import { assert, describe, it } from "@effect/vitest"
import { Cause, DateTime, Duration, Effect, Equal, Schema } from "effect"
import * as ClaudeError from "../src/ClaudeError.ts"
import * as Reason from "../src/Reason.ts"
import * as StructuredOutput from "../src/StructuredOutput.ts"

type AnyError = ClaudeError.ClaudeError

/** What every status class takes, the reasons of its own aside. */
type StatusFields = Omit<ConstructorParameters<typeof ClaudeError.AuthenticationError>[0], "_tag">

const statusClasses: ReadonlyArray<
  { readonly tag: string; readonly status: number; readonly Class: new(fields: StatusFields) => AnyError }
> = [
  { tag: "BadRequestError", status: 400, Class: ClaudeError.BadRequestError },
  { tag: "AuthenticationError", status: 401, Class: ClaudeError.AuthenticationError },
  { tag: "PaymentRequiredError", status: 402, Class: ClaudeError.PaymentRequiredError },
  { tag: "PermissionDeniedError", status: 403, Class: ClaudeError.PermissionDeniedError },
  { tag: "NotFoundError", status: 404, Class: ClaudeError.NotFoundError },
  { tag: "RequestTimeoutError", status: 408, Class: ClaudeError.RequestTimeoutError },
  { tag: "ConflictError", status: 409, Class: ClaudeError.ConflictError },
  { tag: "PreconditionFailedError", status: 412, Class: ClaudeError.PreconditionFailedError },
  { tag: "ContentTooLargeError", status: 413, Class: ClaudeError.ContentTooLargeError },
  { tag: "UnprocessableEntityError", status: 422, Class: ClaudeError.UnprocessableEntityError },
  { tag: "RateLimitError", status: 429, Class: ClaudeError.RateLimitError },
  { tag: "RequestHeaderFieldsTooLargeError", status: 431, Class: ClaudeError.RequestHeaderFieldsTooLargeError },
  { tag: "ClientClosedRequestError", status: 499, Class: ClaudeError.ClientClosedRequestError },
  { tag: "InternalServerError", status: 500, Class: ClaudeError.InternalServerError },
  { tag: "NotImplementedError", status: 501, Class: ClaudeError.NotImplementedError },
  { tag: "ServiceUnavailableError", status: 503, Class: ClaudeError.ServiceUnavailableError },
  { tag: "GatewayTimeoutError", status: 504, Class: ClaudeError.GatewayTimeoutError },
  { tag: "OverloadedError", status: 529, Class: ClaudeError.OverloadedError }
]

const message = "The API's own words"

const answersOf = ({ isRetryable, isThrottling, outcome }: AnyError) => ({ isRetryable, isThrottling, outcome })

/** An error in a test's name. */
const told = (error: AnyError): string =>
  [error._tag, ...["status", "sent", "problem"].map((name) => Reflect.get(error, name))]
    .filter((part) => part !== undefined)
    .concat("reason" in error && "errorCode" in error.reason ? error.reason.errorCode ?? [] : [])
    .join(" ")

const enforcedSpendLimit: Reason.EnforcedSpendLimitReachedError = {
  _tag: "EnforcedSpendLimitReachedError",
  errorCode: "enforced_spend_limit_reached",
  details: { error_code: "enforced_spend_limit_reached" }
}

const contractSpendLimit: Reason.ContractSpendLimitReachedError = {
  _tag: "ContractSpendLimitReachedError",
  errorCode: "contract_spend_limit_reached",
  details: { error_code: "contract_spend_limit_reached" }
}

const rampLimit: Reason.RampLimitExceededError = {
  _tag: "RampLimitExceededError",
  errorCode: "ramp_limit_exceeded",
  details: { error_code: "ramp_limit_exceeded" }
}

const partial: ClaudeError.PartialMessage = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-opus-5-5",
  content: [{ type: "text", text: "Once upon a", citations: null }],
  container: null,
  diagnostics: null,
  stop_reason: null,
  stop_sequence: null,
  stop_details: null,
  usage: {
    input_tokens: 10,
    output_tokens: 3,
    cache_creation: null,
    cache_creation_input_tokens: null,
    cache_read_input_tokens: null,
    inference_geo: null,
    output_tokens_details: null,
    server_tool_use: null,
    service_tier: null,
    speed: null
  }
}

const structured = {
  reason: StructuredOutput.Reason.cases.NotJson.make({ problem: "no JSON" }),
  text: "Once upon a",
  response: { ...partial, content: [] }
}

const withoutFields: ReadonlyArray<AnyError> = [
  ...statusClasses.map(({ Class }) => new Class({ message })),
  new ClaudeError.UnexpectedStatusError({ message, status: 418 }),
  new ClaudeError.APIConnectionError({ message }),
  new ClaudeError.APIConnectionTimeoutError({ message }),
  new ClaudeError.InvalidResponseError({ message, problem: "not-json" }),
  new ClaudeError.StreamInterruptedError({ message }),
  new ClaudeError.StreamStalledError({ message }),
  new ClaudeError.RequestRejectedError({ message }),
  new ClaudeError.StructuredOutputError({ message, ...structured }),
  new ClaudeError.IncompleteMessageError({ message, reason: { _tag: "MaxTokens" } }),
  new ClaudeError.WebhookVerificationError({ message, problem: "not-verified" })
]

const common = {
  message,
  operation: "messages.create",
  repeatable: false,
  model: "claude-opus-5-5",
  requestId: "req_011",
  attempts: 3,
  elapsed: Duration.millis(1234.5),
  cause: new TypeError("fetch failed", { cause: new Error("socket hang up") }),
  partial,
  isUsageFinal: true
}

const rateLimits = {
  requests: { limit: 50, remaining: 0, reset: DateTime.makeUnsafe("2026-11-20T10:00:00Z") },
  tokens: { limit: 100_000, remaining: 99_000, reset: DateTime.makeUnsafe("2026-11-20T10:00:30.250Z") },
  inputTokens: { limit: 80_000 },
  outputTokens: { remaining: 0 }
}

const ofStatus = {
  ...common,
  type: "rate_limit_error",
  param: "messages.0.content",
  retryAfter: Duration.millis(2500),
  shouldRetry: false,
  rateLimits,
  body: { type: "error", error: { type: "rate_limit_error", message: "Slow down", details: [1, null, true, "ü"] } },
  reason: Reason.unspecified("code_of_tomorrow", { error_code: "code_of_tomorrow", limit: 5 })
}

const withEveryField: ReadonlyArray<AnyError> = [
  ...statusClasses.map(({ Class, status }) => new Class({ ...ofStatus, status })),
  new ClaudeError.UnexpectedStatusError({ ...ofStatus, status: 418 }),
  new ClaudeError.APIConnectionError({ ...common, sent: false }),
  new ClaudeError.APIConnectionTimeoutError({ ...common, timeout: Duration.minutes(10) }),
  new ClaudeError.InvalidResponseError({
    ...common,
    problem: "malformed-json",
    status: 200,
    contentType: "application/json",
    snippet: "{\"type\":"
  }),
  new ClaudeError.StreamInterruptedError({ ...common, events: 7 }),
  new ClaudeError.StreamStalledError({ ...common, events: 7, idleTimeout: Duration.seconds(60) }),
  new ClaudeError.RequestRejectedError({
    ...common,
    param: "max_tokens",
    reason: { _tag: "LimitExceeded", name: "requests" },
    retryAfter: Duration.seconds(2)
  }),
  new ClaudeError.StructuredOutputError({ ...common, ...structured }),
  new ClaudeError.IncompleteMessageError({
    ...common,
    reason: { _tag: "Refusal", category: "cyber", explanation: null }
  }),
  new ClaudeError.WebhookVerificationError({ ...common, problem: "not-verified" })
]

const memberOf = (error: AnyError) =>
  ClaudeError.ClaudeError.members.filter((member) => member.identifier === `effect-claude/${error._tag}`)

const unionToJson = Schema.toCodecJson(ClaudeError.ClaudeError)

/** What an error may travel by: its class, the union, and the JSON codecs of both. */
const codecsOf = (error: AnyError): ReadonlyArray<Schema.ConstraintCodec<AnyError, unknown>> => [
  ...memberOf(error),
  ...memberOf(error).map((member) => Schema.toCodecJson(member)),
  ClaudeError.ClaudeError,
  unionToJson
]

const throughText = (json: unknown): unknown => JSON.parse(JSON.stringify(json))

const there = (codec: Schema.ConstraintCodec<AnyError, unknown>, error: AnyError) =>
  Schema.encodeUnknownEffect(codec)(error)

const thereAndBack = (codec: Schema.ConstraintCodec<AnyError, unknown>, error: AnyError) =>
  Effect.flatMap(there(codec, error), (json) => Schema.decodeUnknownEffect(codec)(throughText(json)))

const samples = Object.entries({ withoutFields, withEveryField }).flatMap(([fields, errors]) =>
  errors.map((error) => ({ tag: error._tag, fields, error }))
)

describe("every class", () => {
  it("is a member of the union, and nothing else is", () => {
    assert.deepStrictEqual(
      ClaudeError.ClaudeError.members.map((member) => member.identifier),
      withoutFields.map((error) => `effect-claude/${error._tag}`)
    )
  })

  it.effect.each(samples)(
    "$tag $fields encodes to plain JSON",
    ({ error }) =>
      Effect.forEach(
        codecsOf(error),
        (codec) => Effect.map(there(codec, error), (json) => assert.deepStrictEqual(throughText(json), json))
      )
  )

  it.effect.each(withoutFields)(
    "$_tag comes back from JSON equal",
    (error) =>
      Effect.forEach(
        codecsOf(error),
        (codec) => Effect.map(thereAndBack(codec, error), (decoded) => assert.isTrue(Equal.equals(decoded, error)))
      )
  )

  it.effect.each(withEveryField)(
    "$_tag comes back from JSON with every field",
    (error) =>
      Effect.forEach(codecsOf(error), (codec) =>
        Effect.gen(function*() {
          const { cause, message, ...fields } = yield* thereAndBack(codec, error)
          const { cause: _, message: __, ...expected } = error
          assert.isTrue(Equal.equals(fields, expected), `${JSON.stringify(fields)} is not ${JSON.stringify(expected)}`)
          assert.strictEqual(message, error.message)
          assert.instanceOf(cause, Error)
        }))
  )

  it.effect.each(withEveryField)("$_tag has every field of its schema in the sample", (error) =>
    Effect.sync(() => {
      const fields = memberOf(error).flatMap((member) => Object.keys(member.fields))
      assert.sameMembers(fields, ["message", "cause", ...Object.keys(error)])
    }))

  it.effect.each(samples)(
    "$tag $fields comes back as an instance of its class",
    ({ error }) =>
      Effect.forEach(
        codecsOf(error),
        (codec) =>
          Effect.map(thereAndBack(codec, error), (decoded) =>
            assert.strictEqual(Object.getPrototypeOf(decoded), Object.getPrototypeOf(error)))
      )
  )

  it.effect.each(samples)(
    "$tag $fields comes back with the same answers",
    ({ error }) =>
      Effect.forEach(
        codecsOf(error),
        (codec) =>
          Effect.map(thereAndBack(codec, error), (decoded) =>
            assert.deepStrictEqual(answersOf(decoded), answersOf(error)))
      )
  )

  it.effect.each(withEveryField)(
    "$_tag keeps its cause and the cause of that",
    (error) =>
      Effect.forEach(codecsOf(error), (codec) =>
        Effect.map(thereAndBack(codec, error), ({ cause }) => {
          assert.instanceOf(cause, Error)
          assert.strictEqual(`${cause} < ${cause.cause}`, "TypeError: fetch failed < Error: socket hang up")
        }))
  )

  it.effect.each(withEveryField)(
    "$_tag leaves stacks out of its JSON",
    (error) =>
      Effect.forEach(
        codecsOf(error),
        (codec) =>
          Effect.map(there(codec, error), (json) => assert.notInclude(JSON.stringify(json), "ClaudeError.test.ts"))
      )
  )

  it.effect.each(withoutFields)(
    "$_tag has its tag as its name",
    (error) => Effect.sync(() => assert.strictEqual(error.name, error._tag))
  )

  it.effect.each(withoutFields)(
    "$_tag shows its tag as text, in its stack and in a cause",
    (error) =>
      Effect.sync(() => {
        const line = `${error._tag}: ${message}`
        assert.strictEqual(String(error), line)
        assert.strictEqual(error.stack?.split("\n")[0], line)
        assert.include(Cause.pretty(Cause.fail(error)), line)
      })
  )

  it.effect.each(withoutFields)("$_tag fails an effect that yields it", (error) =>
    Effect.gen(function*() {
      const program = Effect.gen(function*() {
        yield* Effect.void
        return yield* error
      })
      const failure = yield* Effect.flip(program)
      assert.strictEqual(failure, error)
    }))

  it.effect.each(withoutFields)(
    "$_tag is an error of this library",
    (error) => Effect.sync(() => assert.isTrue(ClaudeError.isClaudeError(error)))
  )
})

describe("a status class", () => {
  it.effect.each(statusClasses)(
    "for $status has the name of the SDK's class: $tag",
    ({ Class, status, tag }) =>
      Effect.sync(() => {
        assert.strictEqual(APIError.generate(status, undefined, undefined, new Headers()).name, tag)
        assert.strictEqual(new Class({ message })._tag, tag)
      })
  )

  it("needs no field but the message", () => {
    assert.deepStrictEqual({ ...new ClaudeError.RateLimitError({ message }) }, {
      _tag: "RateLimitError",
      status: 429,
      operation: "unknown",
      repeatable: true,
      attempts: 1,
      elapsed: Duration.zero,
      reason: { _tag: "Unspecified", errorCode: undefined, details: undefined }
    })
  })

  it.effect.each(statusClasses)("$tag has the status $status by default", ({ Class, status }) =>
    Effect.sync(() => {
      const error = new Class({ message })
      assert.strictEqual("status" in error && error.status, status)
    }))

  it("without a status of its own wants one", () => {
    // @ts-expect-error: status is missing
    assert.throws(() => new ClaudeError.UnexpectedStatusError({ message }))
  })

  /** As the decoder makes them: what is not known is there and `undefined`. */
  const withUndefinedFields = {
    model: undefined,
    requestId: undefined,
    cause: undefined,
    type: undefined,
    param: undefined,
    retryAfter: undefined,
    shouldRetry: undefined,
    rateLimits: undefined,
    body: undefined
  }

  it.effect.each(statusClasses)("$tag leaves undefined fields out of its JSON", ({ Class }) => {
    const error = new Class({ message, ...withUndefinedFields })
    return Effect.forEach(codecsOf(error), (codec) =>
      Effect.gen(function*() {
        const json = yield* there(codec, error)
        assert.deepStrictEqual(throughText(json), json)
        const decoded = yield* Schema.decodeUnknownEffect(codec)(json)
        assert.isTrue(Equal.equals(decoded, new Class({ message })))
      }))
  })

  it.effect("leaves undefined fields of its rate limits out of its JSON", () =>
    Effect.gen(function*() {
      const error = new ClaudeError.RateLimitError({
        message,
        rateLimits: { requests: { limit: 1, remaining: undefined, reset: undefined }, tokens: undefined }
      })
      const { rateLimits } = yield* Schema.encodeEffect(ClaudeError.RateLimitError)(error)
      assert.deepStrictEqual(rateLimits, { requests: { limit: 1 } })
    }))

  it.effect("keeps a null body apart from none", () =>
    Effect.forEach(
      [ClaudeError.RateLimitError, Schema.toCodecJson(ClaudeError.RateLimitError)],
      (codec) =>
        Effect.map(thereAndBack(codec, new ClaudeError.RateLimitError({ message, body: null })), (decoded) =>
          assert.isNull("body" in decoded && decoded.body))
    ))

  it.effect("has durations in milliseconds and times in RFC 3339 in its JSON", () =>
    Effect.gen(function*() {
      const error = new ClaudeError.RateLimitError({
        message,
        elapsed: Duration.seconds(2),
        retryAfter: Duration.minutes(1),
        rateLimits
      })
      const json = yield* Schema.encodeEffect(ClaudeError.RateLimitError)(error)
      assert.deepStrictEqual([json.elapsed, json.retryAfter, json.rateLimits?.requests?.reset], [
        2000,
        60_000,
        "2026-11-20T10:00:00.000Z"
      ])
    }))

  it.effect("is not decoded under another tag", () =>
    Effect.gen(function*() {
      const json = yield* there(ClaudeError.ClaudeError, new ClaudeError.RateLimitError({ message }))
      yield* Effect.flip(Schema.decodeUnknownEffect(ClaudeError.OverloadedError)(json))
      yield* Effect.flip(Schema.decodeUnknownEffect(ClaudeError.ClaudeError)({ ...Object(json), _tag: "TeapotError" }))
    }))
})

describe("a reason", () => {
  const onHold: Reason.OrganizationOnHoldError = {
    _tag: "OrganizationOnHoldError",
    errorCode: "organization_on_hold",
    details: { error_code: "organization_on_hold", appeal_url: null }
  }

  const imageTooLarge: Reason.ImageDimensionsTooLargeError = {
    _tag: "ImageDimensionsTooLargeError",
    errorCode: "image_dimensions_too_large",
    details: { error_code: "image_dimensions_too_large", max_side_length_pixels: 8000, paths: ["messages.0"] }
  }

  const errors: ReadonlyArray<AnyError & { readonly reason: Reason.Reason }> = [
    new ClaudeError.BadRequestError({ message, reason: onHold }),
    new ClaudeError.BadRequestError({ message, reason: imageTooLarge }),
    new ClaudeError.RateLimitError({ message, reason: enforcedSpendLimit }),
    new ClaudeError.RateLimitError({ message, reason: Reason.unspecified() }),
    new ClaudeError.RateLimitError({ message, reason: Reason.unspecified("code_of_tomorrow") }),
    new ClaudeError.RateLimitError({ message, reason: Reason.unspecified("code_of_tomorrow", null) }),
    new ClaudeError.AuthenticationError({ message, reason: Reason.unspecified(undefined, { visibility: [1] }) })
  ]

  it.effect.each(errors)(
    "$_tag: $reason.errorCode $reason.details survives JSON",
    (error) =>
      Effect.forEach(
        codecsOf(error),
        (codec) =>
          Effect.map(thereAndBack(codec, error), (decoded) =>
            assert.deepStrictEqual("reason" in decoded && decoded.reason, error.reason))
      )
  )

  it.effect.each(errors)(
    "$_tag: $reason.errorCode $reason.details is plain JSON when encoded",
    (error) =>
      Effect.forEach(
        codecsOf(error),
        (codec) => Effect.map(there(codec, error), (json) => assert.deepStrictEqual(throughText(json), json))
      )
  )

  it.effect("with a tag of a later version is decoded", () =>
    Effect.gen(function*() {
      const reason = { _tag: "CodeOfTomorrowError", errorCode: "code_of_tomorrow", details: {} }
      const json = yield* Schema.encodeEffect(ClaudeError.RateLimitError)(new ClaudeError.RateLimitError({ message }))
      const decoded = yield* Schema.decodeUnknownEffect(ClaudeError.ClaudeError)({ ...json, reason })
      assert.deepStrictEqual<unknown>("reason" in decoded && decoded.reason, reason)
    }))

  it.effect.each([null, "Unspecified", {}, { _tag: 1 }, { _tag: "Unspecified", errorCode: 5 }])(
    "is not decoded from %j",
    (reason) =>
      Effect.gen(function*() {
        const json = yield* Schema.encodeEffect(ClaudeError.RateLimitError)(new ClaudeError.RateLimitError({ message }))
        yield* Effect.flip(Schema.decodeUnknownEffect(ClaudeError.ClaudeError)({ ...json, reason }))
      })
  )
})

describe("the three questions", () => {
  const answers = (
    isRetryable: boolean,
    isThrottling: boolean,
    outcome: ClaudeError.Outcome
  ) => ({ isRetryable, isThrottling, outcome })

  const final = answers(false, false, "not-executed")
  const passing = answers(true, false, "not-executed")
  const throttling = answers(true, true, "not-executed")
  const mayHaveRun = answers(true, false, "unknown")
  const executed = answers(false, false, "executed")

  const withCode = (
    Class: new(fields: StatusFields & { readonly reason: Reason.Unspecified }) => AnyError,
    code: string
  ): AnyError => new Class({ message, reason: Reason.unspecified(code) })

  const table: ReadonlyArray<readonly [AnyError, typeof final]> = [
    [new ClaudeError.BadRequestError({ message }), final],
    [new ClaudeError.AuthenticationError({ message }), final],
    [new ClaudeError.PaymentRequiredError({ message }), final],
    [new ClaudeError.PermissionDeniedError({ message }), final],
    [new ClaudeError.NotFoundError({ message }), final],
    [new ClaudeError.RequestTimeoutError({ message }), passing],
    [new ClaudeError.ConflictError({ message }), passing],
    [new ClaudeError.PreconditionFailedError({ message }), final],
    [new ClaudeError.ContentTooLargeError({ message }), final],
    [new ClaudeError.UnprocessableEntityError({ message }), final],
    [new ClaudeError.RateLimitError({ message }), throttling],
    [new ClaudeError.RateLimitError({ message, reason: rampLimit }), throttling],
    [new ClaudeError.RateLimitError({ message, reason: Reason.unspecified("code_of_tomorrow") }), throttling],
    [new ClaudeError.RateLimitError({ message, reason: enforcedSpendLimit }), final],
    [new ClaudeError.RateLimitError({ message, reason: contractSpendLimit }), final],
    [new ClaudeError.RateLimitError({ message, reason: Reason.unspecified("enforced_spend_limit_reached") }), final],
    [new ClaudeError.RateLimitError({ message, reason: Reason.unspecified("contract_spend_limit_reached") }), final],
    [withCode(ClaudeError.BadRequestError, "external_key_validation_timed_out"), passing],
    [withCode(ClaudeError.BadRequestError, "slack_channel_set_up_settings_refused"), executed],
    [withCode(ClaudeError.ConflictError, "plugin_name_taken"), final],
    [withCode(ClaudeError.ConflictError, "scan_pending"), passing],
    [withCode(ClaudeError.ServiceUnavailableError, "registration_pending"), executed],
    [withCode(ClaudeError.ServiceUnavailableError, "cmek_context_unavailable"), throttling],
    [withCode(ClaudeError.ServiceUnavailableError, "code_of_tomorrow"), answers(true, true, "unknown")],
    [withCode(ClaudeError.OverloadedError, "compaction_unavailable"), answers(true, true, "unknown")],
    [new ClaudeError.RequestHeaderFieldsTooLargeError({ message }), final],
    [new ClaudeError.ClientClosedRequestError({ message }), answers(false, false, "unknown")],
    [new ClaudeError.InternalServerError({ message }), mayHaveRun],
    [new ClaudeError.InternalServerError({ message, status: 502 }), mayHaveRun],
    [new ClaudeError.InternalServerError({ message, status: 520 }), mayHaveRun],
    [new ClaudeError.NotImplementedError({ message, type: "api_error" }), final],
    [new ClaudeError.ServiceUnavailableError({ message, type: "api_error" }), throttling],
    [new ClaudeError.GatewayTimeoutError({ message }), mayHaveRun],
    [new ClaudeError.OverloadedError({ message, type: "overloaded_error" }), throttling],
    // Without the API's own words, as from a proxy.
    [new ClaudeError.OverloadedError({ message }), answers(true, true, "unknown")],
    [
      new ClaudeError.ServiceUnavailableError({
        message,
        type: "server_error",
        body: { error: { type: "server_error" } }
      }),
      answers(true, true, "unknown")
    ],
    [new ClaudeError.OverloadedError({ message, type: "overloaded_error", partial }), answers(true, true, "executed")],
    [new ClaudeError.StreamInterruptedError({ message, partial }), answers(true, false, "executed")],
    [new ClaudeError.UnexpectedStatusError({ message, status: 304 }), final],
    [new ClaudeError.UnexpectedStatusError({ message, status: 418 }), final],
    [new ClaudeError.APIConnectionError({ message }), mayHaveRun],
    [new ClaudeError.APIConnectionError({ message, sent: false }), passing],
    [new ClaudeError.APIConnectionTimeoutError({ message }), mayHaveRun],
    [new ClaudeError.InvalidResponseError({ message, problem: "unreadable" }), mayHaveRun],
    [new ClaudeError.InvalidResponseError({ message, problem: "malformed-json" }), mayHaveRun],
    [new ClaudeError.InvalidResponseError({ message, problem: "not-json" }), answers(false, false, "unknown")],
    [new ClaudeError.InvalidResponseError({ message, problem: "unexpected-shape" }), answers(false, false, "unknown")],
    [new ClaudeError.StreamInterruptedError({ message }), mayHaveRun],
    [new ClaudeError.StreamStalledError({ message }), mayHaveRun],
    [new ClaudeError.RequestRejectedError({ message }), final],
    [new ClaudeError.StructuredOutputError({ message, ...structured }), answers(true, false, "executed")],
    [
      new ClaudeError.IncompleteMessageError({ message, reason: { _tag: "MaxTokens" } }),
      answers(false, false, "executed")
    ],
    [new ClaudeError.WebhookVerificationError({ message, problem: "not-verified" }), final]
  ]

  it.effect.each(table.map(([error, expected]) => ({ error, expected, told: told(error) })))(
    "$told: $expected",
    ({ error, expected }) => Effect.sync(() => assert.deepStrictEqual(answersOf(error), expected))
  )

  it("have a row for every class", () => {
    assert.sameMembers([...new Set(table.map(([error]) => error._tag))], withoutFields.map((error) => error._tag))
  })

  it.effect.each(statusClasses)(
    "$tag is retryable where x-should-retry says so",
    ({ Class, status }) =>
      Effect.sync(() => assert.isTrue(new Class({ message, status, shouldRetry: true }).isRetryable))
  )

  it.effect.each(statusClasses)(
    "$tag is not retryable where x-should-retry says no",
    ({ Class, status }) =>
      Effect.sync(() => assert.isFalse(new Class({ message, status, shouldRetry: false }).isRetryable))
  )

  it("x-should-retry outdoes a spend limit", () => {
    const error = new ClaudeError.RateLimitError({ message, shouldRetry: true, reason: enforcedSpendLimit })
    assert.deepStrictEqual(answersOf(error), throttling)
  })

  it("a 429 that is not to be retried is no throttling", () => {
    assert.isFalse(new ClaudeError.RateLimitError({ message, shouldRetry: false }).isThrottling)
  })

  it.effect.each([
    new ClaudeError.ServiceUnavailableError({ message, shouldRetry: false }),
    new ClaudeError.OverloadedError({ message, shouldRetry: false })
  ])(
    "$_tag is throttling even where it is not to be retried",
    (error) => Effect.sync(() => assert.isTrue(error.isThrottling))
  )
})

describe("isClaudeError", () => {
  it.effect.each([
    ["an error of the SDK", APIError.generate(429, undefined, undefined, new Headers())],
    ["any other error", new Error("RateLimitError")],
    ["an object with the tag", { _tag: "RateLimitError", message, isRetryable: true }],
    ["the class itself", ClaudeError.RateLimitError],
    ["a reason", enforcedSpendLimit],
    ["null", null],
    ["undefined", undefined],
    ["a text", "RateLimitError"]
  ])("is false for %s", ([, value]) => Effect.sync(() => assert.isFalse(ClaudeError.isClaudeError(value))))
})

describe("equality", () => {
  const makers = {
    "no fields": () => new ClaudeError.RateLimitError({ message }),
    "a duration": () => new ClaudeError.RateLimitError({ message, retryAfter: Duration.seconds(2) }),
    "rate limits": () => new ClaudeError.RateLimitError({ message, rateLimits }),
    "a reason": () => new ClaudeError.RateLimitError({ message, reason: { ...enforcedSpendLimit } }),
    "a body": () => new ClaudeError.RateLimitError({ message, body: { error: { type: "x" } } }),
    "a cause": () => new ClaudeError.RateLimitError({ message, cause: new TypeError("terminated") })
  }

  it.effect.each(Object.entries(makers))(
    "holds for two errors with the same message and %s",
    ([, make]) => Effect.sync(() => assert.isTrue(Equal.equals(make(), make())))
  )

  const others = {
    message: new ClaudeError.RateLimitError({ message: "another" }),
    duration: new ClaudeError.RateLimitError({ message, retryAfter: Duration.seconds(2) }),
    reason: new ClaudeError.RateLimitError({ message, reason: enforcedSpendLimit }),
    class: new ClaudeError.OverloadedError({ message, status: 429 })
  }

  it.effect.each(Object.entries(others))(
    "does not hold for another %s",
    ([, other]) => Effect.sync(() => assert.isFalse(Equal.equals(new ClaudeError.RateLimitError({ message }), other)))
  )
})

describe("handling", () => {
  type Failure = ClaudeError.RateLimitError | ClaudeError.OverloadedError

  const failing = (reason?: Reason.Of<"RateLimitError">): Effect.Effect<string, Failure> =>
    Effect.fail(new ClaudeError.RateLimitError({ message, ...(reason === undefined ? {} : { reason }) }))

  it.effect.each(withoutFields)("catchTag catches %s", (error) =>
    Effect.gen(function*() {
      const caught = yield* Effect.catchTag(Effect.fail(error), error._tag, (failure) => Effect.succeed(failure))
      assert.strictEqual(caught, error)
    }))

  it.effect("catchTag catches an error that came back from JSON", () =>
    Effect.gen(function*() {
      const error = yield* thereAndBack(
        ClaudeError.ClaudeError,
        new ClaudeError.RateLimitError({ message, attempts: 4 })
      )
      const caught = yield* Effect.catchTag(
        Effect.fail(error),
        "RateLimitError",
        ({ attempts }) => Effect.succeed(attempts)
      )
      assert.strictEqual(caught, 4)
    }))

  it.effect("catchReason catches its reason, with the error", () =>
    Effect.gen(function*() {
      const caught = yield* Effect.catchReason(
        failing(enforcedSpendLimit),
        "RateLimitError",
        "EnforcedSpendLimitReachedError",
        (reason, error) => Effect.succeed(`${error.status} ${reason.details.error_code}`)
      )
      assert.strictEqual(caught, "429 enforced_spend_limit_reached")
    }))

  it.effect("catchReason lets other reasons of the class pass", () =>
    Effect.gen(function*() {
      const failure = yield* failing(rampLimit).pipe(
        Effect.catchReason("RateLimitError", "EnforcedSpendLimitReachedError", () => Effect.succeed("caught")),
        Effect.flip
      )
      assert.strictEqual(failure._tag === "RateLimitError" && failure.reason._tag, "RampLimitExceededError")
    }))

  it.effect("catchReason catches an error without a code as Unspecified", () =>
    Effect.gen(function*() {
      const caught = yield* failing().pipe(
        Effect.catchReason("RateLimitError", "Unspecified", (reason) => Effect.succeed(reason.errorCode ?? "no code"))
      )
      assert.strictEqual(caught, "no code")
    }))

  it.effect("catchReason catches a reason that came back from JSON", () =>
    Effect.gen(function*() {
      const error = new ClaudeError.RateLimitError({ message, reason: rampLimit })
      const caught = yield* Effect.fail(yield* thereAndBack(ClaudeError.ClaudeError, error)).pipe(
        Effect.catchReason("RateLimitError", "RampLimitExceededError", ({ details }) =>
          Effect.succeed(details.error_code))
      )
      assert.strictEqual(caught, "ramp_limit_exceeded")
    }))

  const caseOf = (reason?: Reason.Of<"RateLimitError">) =>
    Effect.catchReasons(failing(reason), "RateLimitError", {
      EnforcedSpendLimitReachedError: () => Effect.succeed("pay"),
      RampLimitExceededError: () => Effect.succeed("slower")
    }, (reason) => Effect.succeed(`else ${reason._tag}`))

  it.effect.each(
    [
      [enforcedSpendLimit, "pay"],
      [rampLimit, "slower"],
      [contractSpendLimit, "else ContractSpendLimitReachedError"],
      [Reason.unspecified(), "else Unspecified"]
    ] as const
  )(
    "catchReasons takes %j to its case",
    ([reason, expected]) => Effect.map(caseOf(reason), (result) => assert.strictEqual(result, expected))
  )

  it.effect("unwrapReason puts the reason in the place of the error", () =>
    Effect.gen(function*() {
      const reason = yield* Effect.flip(Effect.unwrapReason(failing(enforcedSpendLimit), "RateLimitError"))
      assert.strictEqual(reason, enforcedSpendLimit)
    }))
})
