/**
 * The names of what spans, metrics and logs say, each of them once, so that the three can be searched alike.
 *
 * `gen_ai.*`, `error.*`, `http.*`, `server.*` and `url.*` are OpenTelemetry's. `anthropic.*` is what the API says and OpenTelemetry
 * has no name for, as the SDK's own spans call it. `claude.*` is this library's.
 */

/**
 * The names of what spans, metrics and logs say.
 *
 * @category names
 * @stability experimental
 * @since 0.1.0
 */
export const attributes = {
  /** `chat` for a method that answers with a message, else the method's name. */
  operation: "gen_ai.operation.name",
  /** `anthropic`, `aws.bedrock`, `gcp.vertex_ai`. */
  provider: "gen_ai.provider.name",
  /** Given by you: see `withConversation`. */
  conversation: "gen_ai.conversation.id",
  requestModel: "gen_ai.request.model",
  maxTokens: "gen_ai.request.max_tokens",
  temperature: "gen_ai.request.temperature",
  topP: "gen_ai.request.top_p",
  topK: "gen_ai.request.top_k",
  stopSequences: "gen_ai.request.stop_sequences",
  /** `true` for a streamed message, else left out. */
  stream: "gen_ai.request.stream",
  /** `output_config.effort`. */
  reasoningLevel: "gen_ai.request.reasoning.level",
  /** `json` where the answer follows a schema. */
  outputType: "gen_ai.output.type",
  responseId: "gen_ai.response.id",
  responseModel: "gen_ai.response.model",
  /** `["error"]` for a stream that broke. */
  finishReasons: "gen_ai.response.finish_reasons",
  /** Seconds from the start of the call to the first piece of content of a stream. */
  timeToFirstChunk: "gen_ai.response.time_to_first_chunk",
  /** All input: uncached, read from the cache and written to it. */
  inputTokens: "gen_ai.usage.input_tokens",
  cacheReadTokens: "gen_ai.usage.cache_read.input_tokens",
  cacheWriteTokens: "gen_ai.usage.cache_write.input_tokens",
  /** All output, reasoning included. Left out of the spans of streams that ended before the API had counted it. */
  outputTokens: "gen_ai.usage.output_tokens",
  reasoningTokens: "gen_ai.usage.reasoning.output_tokens",
  /** Of the tokens of a metric: `input` or `output`. */
  tokenType: "gen_ai.token.type",
  /** With content switched on. */
  systemInstructions: "gen_ai.system_instructions",
  /** With content switched on. */
  inputMessages: "gen_ai.input.messages",
  /** With content switched on. */
  outputMessages: "gen_ai.output.messages",
  /** The tag of the error: `OverloadedError`. */
  errorType: "error.type",
  method: "http.request.method",
  status: "http.response.status_code",
  /** How often the request was sent again. */
  resendCount: "http.request.resend_count",
  route: "url.template",
  serverAddress: "server.address",
  serverPort: "server.port",
  requestId: "anthropic.request.id",
  organizationId: "anthropic.organization.id",
  workspaceId: "anthropic.workspace.id",
  /** The service tier that was asked for. */
  requestTier: "anthropic.request.service_tier",
  /** The service tier that served. */
  responseTier: "anthropic.response.service_tier",
  thinking: "anthropic.thinking.type",
  thinkingBudget: "anthropic.thinking.budget_tokens",
  cacheWrite5mTokens: "anthropic.usage.cache_creation.ephemeral_5m_input_tokens",
  cacheWrite1hTokens: "anthropic.usage.cache_creation.ephemeral_1h_input_tokens",
  /** The type of an error, as the API says it: `overloaded_error`. */
  apiErrorType: "anthropic.error.type",
  /** The code of an error, as the API says it: `ramp_limit_exceeded`. */
  apiErrorCode: "anthropic.error.code",
  /** The parameter that an error is about. */
  apiErrorParam: "anthropic.error.param",
  /** Why a call was refused before it was sent: the tag of the error's reason. */
  rejection: "claude.rejection.reason",
  /** The method. */
  call: "claude.operation",
  /** How many requests a call had sent. */
  attempts: "claude.attempts",
  /** Whether the retry policy had repeated the call, and stopped. */
  givenUp: "claude.given_up",
  /** Whether the API has counted the whole answer. `false` for what a cut or cancelled stream had used by its beginning. */
  usageIsFinal: "claude.usage.is_final",
  /** Of a retry: the number of the attempt to come. */
  retryAttempt: "claude.retry.attempt",
  retryDelay: "claude.retry.delay_ms"
} as const
