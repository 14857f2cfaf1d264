/** What a call costs in CPU: a call over a stub `fetch`, and programs that make it in turns. */
import process from "node:process"

/** A whole message, as the API answers. */
export const body = JSON.stringify({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-opus-5-5",
  content: [{ type: "text", text: "Hello", citations: null }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 10, output_tokens: 5 }
})

export const fetch = () => Promise.resolve(new Response(body, { headers: { "content-type": "application/json" } }))

export const params = {
  model: "claude-opus-5-5",
  max_tokens: 16,
  messages: [{ role: "user" as const, content: "Hello" }]
}

/** Makes so many calls. */
export type Subject = (calls: number) => Promise<unknown>

const quantile = (values: ReadonlyArray<number>, q: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.round((sorted.length - 1) * q)] ?? NaN
}

/** In turns whose order changes, so that what else the machine does meets all of them. Prints what a call costs. */
export const measure = async (
  base: string,
  subjects: Readonly<Record<string, Subject>>,
  { calls, rounds }: { readonly calls: number; readonly rounds: number }
): Promise<void> => {
  const names = Object.keys(subjects)
  const samples = new Map(names.map((name) => [name, new Array<number>()]))
  for (let round = 0; round <= rounds; round++) {
    for (const [index] of names.entries()) {
      const name = names[(index + round) % names.length] ?? ""
      const before = process.cpuUsage()
      await subjects[name]?.(calls)
      const { system, user } = process.cpuUsage(before)
      // The first round only warms up.
      if (round > 0) samples.get(name)?.push((system + user) / calls)
    }
  }
  const of = quantile(samples.get(base) ?? [], 0.5)
  console.log(`CPU a call, µs: median (quartiles), ratio to ${base}`)
  for (const [name, values] of samples) {
    const [low, median, high] = [0.25, 0.5, 0.75].map((q) => quantile(values, q))
    const ratio = ((median ?? 0) / of).toFixed(2)
    console.log(`${name.padEnd(24)} ${median?.toFixed(0)} (${low?.toFixed(0)}-${high?.toFixed(0)})  ${ratio}`)
  }
}
