import { configDefaults, defineConfig } from "vitest/config"

const tests = ["packages/*/test/**/*.test.ts", "test/**/*.test.ts", "examples/**/*.test.ts"]
const slow = "**/*.slow.test.ts"
const minute = 60_000

/** Two tiers, by file name. A limit ends a test that hangs; on a busy machine a test may take 20 times as long. */
export default defineConfig({
  test: {
    maxWorkers: "100%",
    reporters: ["default", "./scripts/reporter.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "fast",
          include: tests,
          exclude: [...configDefaults.exclude, slow],
          testTimeout: 2 * minute,
          hookTimeout: 2 * minute
        }
      },
      { extends: true, test: { name: "slow", include: [slow], testTimeout: 10 * minute, hookTimeout: 10 * minute } }
    ]
  }
})
