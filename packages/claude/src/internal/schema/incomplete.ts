/** Why a message is not what the model meant to say. */
import * as Schema from "effect/Schema"

export const Incomplete = Schema.TaggedUnion({
  Refusal: { category: Schema.NullOr(Schema.String), explanation: Schema.NullOr(Schema.String) },
  MaxTokens: {},
  ContextWindowExceeded: {},
  PauseTurn: {},
  Compaction: {},
  NotEnded: {},
  Unknown: { stopReason: Schema.String }
})
