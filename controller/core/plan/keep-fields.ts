/** What is kept of a spec, and what may be shown of a difference: secrets are never in either. */
import type { DesiredApp, FieldChange, SpecFields } from '../../../schemas/domain/index.ts';
import { compareText } from '../../../schemas/domain/index.ts';
import { maskText } from '../load/sealed/mask.ts';
import type { SpecMemory } from './input.ts';
import { type Field, specFields } from './spec-fields.ts';

export interface Sealing {
  /** Tells equal texts from others without telling what they are. */
  readonly digest: (text: string) => string;
  /** Of the app: they show nowhere. */
  readonly secretValues: ReadonlySet<string>;
}

export const sealingOf = (memory: SpecMemory, app: DesiredApp): Sealing => ({
  digest: (text) => memory.digest(text),
  secretValues: app.secretValues,
});

const KEPT_LENGTH = 120;
const MASK = '(secret)';
/** Names whose values people do not want to see, even where git has them in plain. */
const SECRET_NAME =
  /pass(?:w(?:or)?d|phrase)?(?![a-z])|secret|token|credential|private|api_?key|[_-]key$|_dsn$|_auth$/i;
const CREDENTIALS_IN_URL = /:\/\/[^/\s:@]*:[^/\s@]+@/;

export function keepFields(fields: readonly Field[], sealing: Sealing): SpecFields {
  const sorted = [...fields].sort(([a], [b]) => compareText(a, b));
  return Object.fromEntries(
    sorted.map(([name, value]) => {
      if ('hidden' in value) return [name, `#${sealing.digest(value.hidden)}`];
      const isSecret = mustHide(name, value.text, sealing.secretValues);
      return [name, isSecret ? `*${sealing.digest(value.text)}` : `=${short(value.text, sealing)}`];
    }),
  );
}

function mustHide(name: string, text: string, secretValues: ReadonlySet<string>): boolean {
  if (secretValues.has(text) || maskText(text, secretValues) !== text) return true;
  return (name.includes('.') && SECRET_NAME.test(name)) || CREDENTIALS_IN_URL.test(text);
}

/** A long text keeps its beginning, and a digest so that a change of its end is seen. */
const short = (text: string, { digest }: Sealing): string =>
  text.length <= KEPT_LENGTH ? text : `${text.slice(0, KEPT_LENGTH)}… (${digest(text)})`;

/** By name. What was a secret on either side is one on both. */
export function fieldChanges(
  from: SpecFields,
  to: SpecFields,
  { digest, secretValues }: Sealing,
): readonly FieldChange[] {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort(compareText);
  return names.flatMap((field) => {
    const pair = [from[field], to[field]] as const;
    if (pair[0] === pair[1]) return [];
    if (!pair.some((kept) => kept?.startsWith('*'))) return [change(field, pair, secretValues)];
    const [a, b] = pair.map((kept) => (kept?.startsWith('=') ? `*${digest(kept.slice(1))}` : kept));
    return a === b ? [] : [change(field, [a, b], secretValues)];
  });
}

/** What differs between a spec that is remembered and one in its hashed form. */
export function changesSince(
  known: SpecFields,
  hashed: Readonly<Record<string, unknown>>,
  memory: SpecMemory,
  app: DesiredApp,
): readonly FieldChange[] {
  const sealing = sealingOf(memory, app);
  return fieldChanges(known, keepFields(specFields(hashed), sealing), sealing);
}

function change(
  field: string,
  [from, to]: readonly [string | undefined, string | undefined],
  secretValues: ReadonlySet<string>,
): FieldChange {
  const shown = (kept: string) =>
    kept.startsWith('=')
      ? maskText(kept.slice(1), secretValues)
      : kept.startsWith('*')
        ? MASK
        : '(content)';
  return {
    field: maskText(field, secretValues),
    ...(from !== undefined && { from: shown(from) }),
    ...(to !== undefined && { to: shown(to) }),
  };
}

const SHOWN_FIELDS = 6;
const SHOWN_LENGTH = 60;

/** `environment.LEVEL: info → debug; user: unset → 1000`. */
export function renderChanges(changes: readonly FieldChange[]): string {
  const first = changes.slice(0, SHOWN_FIELDS).map(renderChange);
  const more = changes.length - first.length;
  return [...first, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

export const renderChange = ({ field, from, to }: FieldChange): string =>
  from === '(content)' && to === from
    ? `${field}: changed`
    : `${field}: ${value(from)} → ${value(to)}`;

function value(text: string | undefined): string {
  if (text === undefined) return 'unset';
  const cut = text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
  return cut === '' || cut !== cut.trim() || UNPRINTABLE.test(cut) ? JSON.stringify(cut) : cut;
}

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
