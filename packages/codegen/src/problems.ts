import { type Decisions, undecided } from "./decisions.ts"
import { undescribed } from "./helpers.ts"
import type { SdkModel } from "./model.ts"

/** What people have to decide before anything can be generated, in words for them. */
export const problemsOf = (model: SdkModel, decisions: Decisions): ReadonlyArray<string> => [
  ...undecided(model.errorCodes, decisions),
  ...undescribed(model)
]
