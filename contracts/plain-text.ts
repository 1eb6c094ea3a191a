/** Texts that can be written down, shown and stored anywhere: without control characters. */
import { z } from 'zod';

/** @param charactersMax code points, of which there must be one at least */
export function plainText(charactersMax: number) {
  const form = new RegExp(`^[^\\p{Cc}\\p{Cs}]{1,${charactersMax}}$`, 'u');
  return (
    z
      .string()
      .refine((text) => form.test(text), {
        error: `must have 1 to ${charactersMax} characters, none of them a control character`,
      })
      // As JSON Schema has it, whose patterns know neither flags nor, everywhere, categories.
      .meta({
        minLength: 1,
        maxLength: charactersMax,
        pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$',
      })
  );
}
