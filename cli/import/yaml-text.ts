/** Plain data as YAML that people read: block style, in the order given. */
export function yamlText(value: unknown): string {
  return `${lines(value, 0).join('\n')}\n`;
}

/** Text that YAML, of any version, reads as text without quotes. */
const PLAIN = /^(?:\.\/)?[A-Za-z_/][\w/.@+-]*(?:[: ][\w/.@+-]+)*$/;
const NOT_TEXT = /^(?:y|n|yes|no|on|off|true|false|null|nan|\.nan|\.inf|~|e[-+]?\d.*|\.?\d.*)$/i;
const INDENT = '  ';

function lines(value: unknown, depth: number): readonly string[] {
  const indent = INDENT.repeat(depth);
  if (Array.isArray(value)) return value.flatMap((item) => listItem(item, depth));
  return Object.entries(value as object).flatMap(([key, member]) => {
    const name = indent + scalar(key);
    if (isScalar(member)) return [`${name}: ${scalar(member)}`];
    if (isEmpty(member)) return [`${name}: ${Array.isArray(member) ? '[]' : '{}'}`];
    if (isBlock(member)) return [`${name}: |`, ...blockLines(member.block, depth + 1)];
    return [`${name}:`, ...lines(member, depth + 1)];
  });
}

function listItem(item: unknown, depth: number): readonly string[] {
  const indent = INDENT.repeat(depth);
  if (isScalar(item)) return [`${indent}- ${scalar(item)}`];
  if (isEmpty(item)) return [`${indent}- ${Array.isArray(item) ? '[]' : '{}'}`];
  const [first = '', ...rest] = lines(item, depth + 1);
  return [`${indent}- ${first.trimStart()}`, ...rest];
}

/** A text of several lines, kept as it is. */
export interface Block {
  readonly block: string;
}

const isBlock = (value: unknown): value is Block =>
  typeof value === 'object' && value !== null && 'block' in value;

const blockLines = (text: string, depth: number): readonly string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => INDENT.repeat(depth) + line);

const isScalar = (value: unknown): boolean => typeof value !== 'object' || value === null;

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

function scalar(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  return PLAIN.test(value) && !NOT_TEXT.test(value) ? value : JSON.stringify(value);
}
