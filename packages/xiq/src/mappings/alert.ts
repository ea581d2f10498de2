// ALERT: an alert policy of ExtremeCloud IQ has found something.
import { commonFields } from './common.ts';
import { defineMapping } from './mapping.ts';

export const alertMapping = defineMapping({
  fields: commonFields,
  finish({ values, draft }) {
    draft.setField('event.kind', 'alert');
    draft.setField('event.type', ['info']);
    return values.timestamp;
  },
});
