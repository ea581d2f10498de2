// Parses the document of a stored event.
import type { EcsDocument } from '@xiq-siem/core';
import { z } from 'zod';

const withTimestamp = z.looseObject({ '@timestamp': z.string() });
/** Only the timestamp is checked: the connector's own mapping made the document. */
const documentSchema = z.custom<EcsDocument>((value) => withTimestamp.safeParse(value).success);

/** Undefined if it is no document. */
export function storedDocument(json: string): EcsDocument | undefined {
  try {
    return documentSchema.parse(JSON.parse(json));
  } catch {
    return undefined;
  }
}
