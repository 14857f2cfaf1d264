/** Settings where nobody says others. */

/** The most bytes of one event of a stream, or of one row. */
export const defaultMaxEventBytes = 64 * 1024 * 1024
