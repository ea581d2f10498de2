// Decides whether to use colours, and writes coloured text.
export type Colour = 'green' | 'yellow' | 'red' | 'bold' | 'dim';

const codes: Readonly<Record<Colour, readonly [number, number]>> = {
  green: [32, 39],
  yellow: [33, 39],
  red: [31, 39],
  bold: [1, 22],
  dim: [2, 22],
};

type Environment = Readonly<Record<string, string | undefined>>;

/** NO_COLOR (not empty) overrides all, FORCE_COLOR overrides the type of standard output: see no-color.org. */
export function coloursWanted(env: Environment, isTerminal: boolean): boolean {
  const { NO_COLOR = '', FORCE_COLOR, TERM } = env;
  if (NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return isTerminal && TERM !== 'dumb';
}

export type ColourWriter = (colour: Colour | undefined, text: string) => string;

export function colourWriter({ colours }: { readonly colours: boolean }): ColourWriter {
  return (colour, text) => {
    if (!colours || colour === undefined) return text;
    const [on, off] = codes[colour];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}
