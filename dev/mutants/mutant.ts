/** A bug that is planted. Each text to be replaced stands in the file exactly once. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly edits: readonly (readonly [find: string, replacement: string])[];
  /** The unit tests each of which must catch it: paths below test/unit, without `.test.ts`. */
  readonly tests: readonly string[];
}
