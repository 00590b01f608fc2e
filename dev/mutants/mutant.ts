/** A bug that is planted. Each text to be replaced stands in the file exactly once. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly edits: readonly (readonly [find: string, replacement: string])[];
  /** The unit tests each of which must catch it: paths below test/unit, without `.test.ts`. */
  readonly tests: readonly string[];
}

/** The file with the bug in it. Throws where it has changed since, so that the bug no longer fits. */
export const plant = (text: string, { name, file, edits }: Mutant): string =>
  edits.reduce((planted, [find, replacement]) => {
    const pieces = planted.split(find);
    if (pieces.length === 2) return pieces.join(replacement);
    throw new Error(`${name}: the text to be replaced stands ${pieces.length - 1} times in ${file}: ${find}`);
  }, text);
