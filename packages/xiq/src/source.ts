// The source `xiq`: webhooks of ExtremeCloud IQ as ECS events.
import { defineSource, type Organization } from '@xiq-siem/core';
import { authenticate } from './authenticate.ts';
import { configSchema } from './config.ts';
import { xiqFieldDefinitions } from './document/target-fields.ts';
import { mappers, mappersWith, mappingVersion } from './mappings/table.ts';
import { datasets, fallbackDatasets, looksLikeMessageType } from './message-types.ts';
import { newTally, normalizeBody, type Tally } from './normalize.ts';
import { additionsOf, mappingSchema } from './operator/mapping-schema.ts';
import { zoneOffset } from './read/time.ts';
import { createRepeatedContent } from './repeated-content.ts';
import { unmappedFields } from './unmapped.ts';

/** What the configuration does not say, from the account itself, unless the configuration names another one. */
const withLearned = (configured: Organization, learned: Organization | undefined): Organization =>
  configured.id === undefined || configured.id === learned?.id ? { ...learned, ...configured } : configured;

export const xiqSource = defineSource({
  type: 'xiq',
  configSchema,
  fields: xiqFieldDefinitions,
  datasets,
  fallbackDatasets,
  mappingSchema,
  mappingVersion,
  metrics: {
    repeated_content: {
      help: 'Events with the content, and so the event.id, of an earlier event in a different request.',
      unit: '{event}',
    },
  },
  create({ namespace, timeZone, labels, header, repeats, organization }, { name, agent, meter, ...known }, mapping) {
    const settings = {
      agent,
      namespace,
      labels,
      source: name,
      organization: () => withLearned(organization, known.organization?.()),
      repeats,
      repeatedContent: createRepeatedContent(),
      offset: zoneOffset(timeZone),
      mappingVersion: mappingVersion(mapping?.version),
      mappers: mapping === undefined ? mappers : mappersWith(additionsOf(mapping.rules)),
    };
    // Zero is a value too: without it, `rate()` does not see the first increase.
    for (const name of ['empty_bodies', 'repeated_content'] as const) meter.add(name, 0);
    const report = ({ events, pipelineErrors, emptyBodies, repeatedContent }: Tally): void => {
      for (const [dataset, count] of events) meter.add('events', count, { dataset });
      for (const [code, count] of pipelineErrors) meter.add('pipeline_errors', count, { code });
      if (emptyBodies > 0) meter.add('empty_bodies', emptyBodies);
      if (repeatedContent > 0) meter.add('repeated_content', repeatedContent);
    };
    return {
      authenticatesBy: 'headers',
      accepts: looksLikeMessageType,
      authenticate: (request, secrets) => authenticate(request, secrets, header),
      *normalize(body, ingestedAtMs) {
        const tally = newTally();
        try {
          yield* normalizeBody(settings, body, ingestedAtMs, tally);
        } finally {
          // Once for each body, also if its reader stops early.
          report(tally);
        }
      },
      unmapped: (body) => unmappedFields(settings.mappers, body),
    };
  },
});
