// The message type that we do not know: kept whole, with the common fields in their places.
import { defineMapping } from '../mapping.ts';
import { commonFields } from './common.ts';

export const unknownMapping = defineMapping({
  fields: commonFields,
  finish({ values, draft }) {
    draft.time = values.timestamp;
    draft.set('event.type', ['info']);
  },
});
