export type PatternPart = { readonly text: string } | { readonly name: 'app' | 'host' | '*' };

const NAMES: Readonly<Record<string, PatternPart>> = {
  '{app}': { name: 'app' },
  '{host}': { name: 'host' },
  '*': { name: '*' },
};

/** `hosts/{host}/{app}` -> its parts; a text is what is wrong with it. */
export function parsePattern(pattern: string): readonly PatternPart[] | string {
  const parts = pattern.replace(/^(?:\.?\/)+|\/+$/g, '').split('/');
  const wrong = parts.map(partFault).find((fault) => fault !== undefined);
  if (wrong !== undefined) return wrong;
  for (const name of ['{app}', '{host}']) {
    if (parts.filter((part) => part === name).length > 1) return `${name} may stand once`;
  }
  if (!parts.includes('{app}') && !parts.includes('*')) return 'name the apps with {app} or *';
  return parts.map((part) => NAMES[part] ?? { text: part });
}

function partFault(part: string): string | undefined {
  if (Object.hasOwn(NAMES, part)) return undefined;
  if (part === '{swarm}' || part === '{stack}') return `${part} is not supported yet`;
  if (part !== '' && part !== '..' && !/[{}*?[\]\\]/.test(part)) return undefined;
  return `${JSON.stringify(part)} is neither a folder, {app}, {host} nor *`;
}

/** The names that a folder gives its app and host, or undefined where it does not match. */
export function matchPattern(
  pattern: readonly PatternPart[],
  parts: readonly string[],
): { app: string; host?: string } | undefined {
  if (pattern.length !== parts.length) return undefined;
  let app: string | undefined;
  let star = '';
  let host: string | undefined;
  for (const [index, part] of pattern.entries()) {
    const name = parts[index] ?? '';
    if ('text' in part) {
      if (part.text !== name) return undefined;
    } else if (part.name === 'app') app = name;
    else if (part.name === 'host') host = name;
    else star = name;
  }
  return { app: app ?? star, ...(host !== undefined && { host }) };
}
