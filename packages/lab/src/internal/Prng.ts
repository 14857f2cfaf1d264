/**
 * A small, fast generator (xoshiro128**, Blackman and Vigna, 2018) in the shape of Effect's `Random` service. Effect's own
 * seeded generator is cryptographic; the lab draws tens of millions of numbers.
 */
import type * as Random from "effect/Random"

export class Prng implements Random.Random {
  private a: number
  private b: number
  private c: number
  private d: number

  /** `stream` gives independent sequences under one seed. */
  constructor(seed: number, stream: number) {
    const next = splitMix(seed, stream)
    this.a = next()
    this.b = next()
    this.c = next()
    this.d = next() | 1
  }

  private nextInt32(): number {
    const { b } = this
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9)
    this.c ^= this.a
    this.d ^= b
    this.b ^= this.c
    this.a ^= this.d
    this.c ^= b << 9
    this.d = rotate(this.d, 11)
    return result >>> 0
  }

  nextDoubleUnsafe(): number {
    return ((this.nextInt32() >>> 5) * 67_108_864 + (this.nextInt32() >>> 6)) / 9_007_199_254_740_992
  }

  nextIntUnsafe(): number {
    return Math.floor(this.nextDoubleUnsafe() * 2 ** 54) - (2 ** 53 - 1)
  }

  /** Normal with mean 0 and deviation 1, by Box and Muller. */
  nextNormal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.nextDoubleUnsafe()))
    return radius * Math.cos(2 * Math.PI * this.nextDoubleUnsafe())
  }
}

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by))

/** Spreads a seed (any number) over 32-bit words. */
const splitMix = (seed: number, stream: number): () => number => {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, seed)
  let state = Math.imul(bits.getInt32(0), 0x85eb_ca6b) ^ Math.imul(bits.getInt32(4), 0xc2b2_ae35) ^
    Math.imul(stream + 1, 0x27d4_eb2f)
  return () => {
    state = (state + 0x9e37_79b9) | 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0_aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a_2d97)
    return z ^ (z >>> 15)
  }
}
