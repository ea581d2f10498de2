// Finds functions of closures whose name a search does not find: `close() {` of an object that `openJournal` returns.
const generic =
  'add|append|apply|begin|check|clear|close|count|create|delete|end|find|flush|get|list|load|next|notify|open|poll|push|put|read|record|release|remove|report|reset|resume|run|save|send|set|settle|start|state|status|stop|take|update|wait|write';

const definition = new RegExp(
  `^\\s*(?:export )?(?:async )?(?:function\\*? |\\*)?(${generic})(?:<[^>]*>)?\\((?:.*\\{|[^)]*)$`,
);
/** The entries of a table, each in a file of its own: `run` of a command, `create` and `start` of a definition. */
const table = /\bdefine(?:Command|Destination|Source)\(|: JobKind\b/;

/** The lines that define a function with a generic name. An interface that only names a method does not count. */
export function genericDefinitionsIn(text: string): readonly string[] {
  const isTable = table.test(text);
  return text.split('\n').flatMap((line) => {
    const name = definition.exec(line)?.[1];
    if (name === undefined || /=>|;$/.test(line.replace(/\{$/, ''))) return [];
    return isTable && /^(?:run|create|start)$/.test(name) ? [] : [line.trim()];
  });
}
