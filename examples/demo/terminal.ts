/** How the demo looks: at most 80 columns, colours on a terminal only, plain text when piped. */
import { Duration, Effect } from "effect"
import process from "node:process"
import { styleText } from "node:util"

const width = 76
const indent = "  "

// A reader that has seen enough (`pnpm demo | head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1))

type Style = Parameters<typeof styleText>[0]

/** Coloured where the output is a terminal that wants colours (`NO_COLOR`, `FORCE_COLOR`). */
export const style = (format: Style, text: string): string => styleText(format, text, { stream: process.stdout })

export const write = (text: string): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    process.stdout.write(text, () => resume(Effect.void))
  })

export const line = (text = ""): Effect.Effect<void> => write(text === "" ? "\n" : `${indent}${text}\n`)

export const heading = (text: string): Effect.Effect<void> => write(`\n${style("bold", text)}\n`)

/** A paragraph in lines that fit, all but the first indented. */
export const wrapped = (text: string): string => {
  const wrap = wrapper()
  return (wrap.feed(text) + wrap.end()).trim()
}

/** Writes words as they arrive, piece by piece, in lines that fit. */
export const wordWrap = () => {
  const wrap = wrapper()
  return { add: (text: string) => write(wrap.feed(text)), end: Effect.suspend(() => write(wrap.end())) }
}

const wrapper = () => {
  let column = 0
  let word = ""
  const flush = (): string => {
    if (word === "") return ""
    const fits = column > 0 && column + 1 + word.length <= width
    const text = column === 0 ? `${indent}${word}` : fits ? ` ${word}` : `\n${indent}${word}`
    column = fits ? column + 1 + word.length : word.length
    word = ""
    return text
  }
  const newLine = (): string => {
    const text = `${flush()}\n`
    column = 0
    return text
  }
  const take = (character: string): string => {
    if (/\s/.test(character)) return character === "\n" ? newLine() : flush()
    word += character
    return ""
  }
  return { feed: (text: string) => [...text].map(take).join(""), end: newLine }
}

export const seconds = (duration: Duration.Duration): string => `${Duration.toSeconds(duration).toFixed(1)} s`

export const count = (value: number): string => value.toLocaleString("en-US")
