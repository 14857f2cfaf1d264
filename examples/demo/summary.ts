/** What the simulated Claude answers: the document's own first sentences. The real one does better. */

const sentenceLimit = 4

/** Prose without code, tables, headings and the marks of Markdown. */
const proseOf = (markdown: string): string =>
  markdown
    .replace(/^```[\s\S]*?^```/gm, "")
    .split(/\n\s*\n/)
    .filter((block) => !/^\s*([#|<>*-]|\d+\.)/.test(block))
    .join(" ")
    .replace(/\[([^\]]+)\]\([^)]*\)/g, "$1")
    .replace(/[*`]/g, "")
    .replace(/\s+/g, " ")
    .trim()

export const simulatedSummary = (text: string): string => {
  const sentences = proseOf(text).split(/(?<=[.!?]) /).filter((sentence) => /[.!?]$/.test(sentence))
  return sentences.length === 0
    ? "The document has no prose to summarise."
    : sentences.slice(0, sentenceLimit).join(" ")
}
