/** A text that grows piece by piece, in linear time, and in little more memory than the text itself. */

/** Small strings cost more than what is in them, and the more the longer they live: this many at most are kept apart. */
const most = 64

export class Pieces {
  private readonly joined: Array<string> = []
  private recent: Array<string> = []

  add(piece: string): void {
    this.recent.push(piece)
    if (this.recent.length === most) this.join()
  }

  get text(): string {
    if (this.recent.length > 0) this.join()
    return this.joined.join("")
  }

  private join(): void {
    this.joined.push(this.recent.join(""))
    this.recent = []
  }
}
