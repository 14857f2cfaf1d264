/** Why an answer is no value of its schema. */
import * as Schema from "effect/Schema"

export const Reason = Schema.TaggedUnion({
  Refused: { category: Schema.NullOr(Schema.String), explanation: Schema.NullOr(Schema.String) },
  CutShort: { stopReason: Schema.String },
  Unanswered: { stopReason: Schema.NullOr(Schema.String) },
  NotJson: { problem: Schema.String },
  Mismatch: {
    issues: Schema.Array(Schema.Struct({
      path: Schema.Array(Schema.Union([Schema.String, Schema.Finite])),
      message: Schema.String
    }))
  }
})

export type Reason = typeof Reason.Type
