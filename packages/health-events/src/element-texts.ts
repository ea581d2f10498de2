// The own text of each element of a JSON array.

/** `json` has to be valid, and an array. */
export function elementTexts(json: string): readonly string[] {
  const texts: string[] = [];
  const end = json.lastIndexOf(']');
  let depth = 0;
  let inText = false;
  let start = json.indexOf('[') + 1;
  const take = (until: number): void => {
    const text = json.slice(start, until).trim();
    if (text !== '') texts.push(text);
    start = until + 1;
  };
  for (let at = start; at < end; at += 1) {
    const character = json[at];
    if (inText) {
      if (character === '\\') at += 1;
      else if (character === '"') inText = false;
    } else if (character === '"') inText = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    else if (character === ',' && depth === 0) take(at);
  }
  take(end);
  return texts;
}
