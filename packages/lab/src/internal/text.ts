/** Numbers and paragraphs, for people. */

export const count = (n: number): string => n.toLocaleString("en-US")

/** Three digits and a letter, from 10,000 on. */
export const short = (n: number): string => {
  const scale = scales.find(({ from }) => n >= from)
  return scale === undefined ? String(n) : `${Number((n / scale.unit).toPrecision(3))}${scale.letter}`
}

const scales = [
  { from: 1e9, unit: 1e9, letter: "G" },
  { from: 1e6, unit: 1e6, letter: "M" },
  { from: 1e4, unit: 1e3, letter: "k" }
] as const

export const percent = (share: number): string => `${(share * 100).toFixed(share > 0.999 && share < 1 ? 2 : 1)}%`

/** Milliseconds: `"340 ms"`, `"2.51 s"`, `"64.0 s"`. */
export const time = (millis: number): string => {
  if (Number.isNaN(millis)) return "-"
  if (millis < 999.5) return `${Math.round(millis)} ms`
  return `${(millis / 1000).toFixed(millis < 9995 ? 2 : millis < 999_500 ? 1 : 0)} s`
}

/** A paragraph in lines of at most `width` columns. */
export const wrap = (text: string, width: number, indent = ""): string =>
  text.split(" ").reduce<Array<string>>((lines, word) => {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(indent + word)
    return lines
  }, []).join("\n")

/** Cells in columns: the first to the left, the others to the right. */
export const columns = (rows: ReadonlyArray<ReadonlyArray<string>>, gap = 2): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row.map((cell, column) => column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))
      .join(" ".repeat(gap)).trimEnd()
  ).join("\n")
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;" }

export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"]/g, (char) => entities[char] ?? char)
