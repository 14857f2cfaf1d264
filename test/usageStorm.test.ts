import { it } from "@effect/vitest"
import { storm } from "./support/usageStorm.ts"

it.effect("usage counts a storm of 200 calls to the token, and never more than was sent", () => storm(200))
