import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import app from './app.schema.json' with { type: 'json' };
import host from './host.schema.json' with { type: 'json' };
import { nearest, nearestHint } from './nearest.ts';
import project from './project.schema.json' with { type: 'json' };
import registry from './registry.schema.json' with { type: 'json' };
import role from './role.schema.json' with { type: 'json' };
import secret from './secret.schema.json' with { type: 'json' };
import stack from './stack.schema.json' with { type: 'json' };
import user from './user.schema.json' with { type: 'json' };

/** The kinds that have a schema. */
export const KINDS = [
  'App',
  'Host',
  'Project',
  'Registry',
  'Role',
  'Secret',
  'Stack',
  'User',
] as const;
export type Kind = (typeof KINDS)[number];

/** One thing that the schema refuses, before its place in a file is known. */
export interface SchemaFault {
  readonly code: 'E_FIELD_UNKNOWN' | 'E_FIELD_MISSING' | 'E_TYPE' | 'E_VALUE';
  /** Keys and indexes from the document down to the value, or to the map that `key` is in. */
  readonly path: readonly string[];
  /** Set where the fault is a key: an unknown field, a refused name. */
  readonly key?: string;
  /** The field that is missing. */
  readonly missing?: string;
  readonly message: string;
  readonly hint?: string;
}

export type ManifestValidator = (kind: Kind, value: unknown) => readonly SchemaFault[];

/** Compiles every schema once (about 30 ms); keep the result. */
export function createManifestValidator(): ManifestValidator {
  const ajv = new Ajv({
    strict: true,
    allowUnionTypes: true,
    allErrors: true,
    ownProperties: true,
    verbose: true,
    validateFormats: false,
  });
  const compiled: Readonly<Record<Kind, ValidateFunction>> = {
    App: ajv.compile(app),
    Host: ajv.compile(host),
    Project: ajv.compile(project),
    Registry: ajv.compile(registry),
    Role: ajv.compile(role),
    Secret: ajv.compile(secret),
    Stack: ajv.compile(stack),
    User: ajv.compile(user),
  };
  return (kind, value) => {
    const validate = compiled[kind];
    if (validate(value)) return [];
    const faults = withoutEchoes((validate.errors ?? []).flatMap(toFault));
    return kind === 'Secret' ? faults.map(unshown) : faults;
  };
}

/** What was meant to be sealed and is not must not be shown. */
function unshown(fault: SchemaFault): SchemaFault {
  const isValue = fault.code !== 'E_FIELD_UNKNOWN' && fault.path[1] === 'values';
  return isValue && fault.path.length === 3
    ? { ...fault, message: 'the value is not armored age text' }
    : fault;
}

/** A missing field that a misspelt one beside it was meant to be is said once. */
function withoutEchoes(faults: readonly SchemaFault[]): readonly SchemaFault[] {
  return faults.filter(({ code, path, missing }) => {
    if (code !== 'E_FIELD_MISSING' || missing === undefined) return true;
    return !faults.some((other) => {
      const beside = other.path.join('/') === path.join('/');
      return beside && other.key !== undefined && nearest(other.key, [missing]) === missing;
    });
  });
}

function toFault(error: ErrorObject): readonly SchemaFault[] {
  // The name itself is checked by a schema of its own; `propertyNames` sums that up.
  if (error.propertyName !== undefined) return [];
  const path = pointerParts(error.instancePath);
  switch (error.keyword) {
    case 'additionalProperties':
      return [unknownField(error, path, String(error.params['additionalProperty']))];
    case 'propertyNames':
      return [badName(error, path, String(error.params['propertyName']))];
    case 'required':
      return [missingField(error, path, String(error.params['missingProperty']))];
    case 'type':
      return [wrongType(error, path)];
    default:
      return [wrongValue(error, path)];
  }
}

function unknownField(error: ErrorObject, path: readonly string[], key: string): SchemaFault {
  const known = Object.keys(propertiesOf(error));
  const hint = nearestHint(key, known) ?? `known here: ${known.join(', ')}`;
  return { code: 'E_FIELD_UNKNOWN', path, key, message: `unknown field ${quote(key)}`, hint };
}

function badName(error: ErrorObject, path: readonly string[], key: string): SchemaFault {
  const message = `${quote(key)} is not a name that is allowed here`;
  return { code: 'E_VALUE', path, key, message, ...describe(error) };
}

function missingField(error: ErrorObject, path: readonly string[], field: string): SchemaFault {
  const message = `the field ${quote(field)} is missing`;
  const { description } = (propertiesOf(error)[field] ?? {}) as { description?: string };
  const hint = description === undefined ? {} : { hint: description };
  return { code: 'E_FIELD_MISSING', path, missing: field, message, ...hint };
}

function wrongType(error: ErrorObject, path: readonly string[]): SchemaFault {
  const wanted = [error.params['type']].flat().map(String);
  const message = `must be ${wanted.map(withArticle).join(' or ')}, not ${typeName(error.data)}`;
  const quotable = wanted.includes('string') && ['number', 'boolean'].includes(typeof error.data);
  const hint = quotable ? 'put it in quotes' : bareHint(wanted, error.data);
  return { code: 'E_TYPE', path, message, ...(hint !== undefined && { hint }) };
}

function wrongValue(error: ErrorObject, path: readonly string[]): SchemaFault {
  const allowed = allowedValues(error);
  if (allowed.length > 0) {
    const message = `${show(error.data)} is not one of ${allowed.join(', ')}`;
    const hint = typeof error.data === 'string' ? nearestHint(error.data, allowed) : undefined;
    return { code: 'E_VALUE', path, message, ...(hint !== undefined && { hint }) };
  }
  if (error.keyword === 'pattern') {
    const message = `${show(error.data)} is not allowed here`;
    return { code: 'E_VALUE', path, message, ...describe(error) };
  }
  return { code: 'E_VALUE', path, message: error.message ?? 'not allowed', ...describe(error) };
}

function allowedValues(error: ErrorObject): string[] {
  if (error.keyword === 'const') return [String(error.params['allowedValue'])];
  return error.keyword === 'enum' ? [error.params['allowedValues']].flat().map(String) : [];
}

/** Of a text where something else was meant. */
function bareHint(wanted: readonly string[], data: unknown): string | undefined {
  if (typeof data !== 'string') return undefined;
  const textual = data === 'true' || data === 'false';
  if (wanted.includes('boolean') && textual) return 'write it without quotes';
  if (wanted.includes('boolean') && /^(?:yes|no|on|off|y|n)$/i.test(data)) {
    return 'write true or false';
  }
  const number = wanted.includes('integer') || wanted.includes('number');
  if (!number || !/^[-+]?[0-9]/.test(data)) return undefined;
  return 'write it without quotes, leading zeros or signs, with at most 15 digits';
}

function propertiesOf(error: ErrorObject): Readonly<Record<string, unknown>> {
  const schema = error.parentSchema as { properties?: Record<string, unknown> } | undefined;
  return schema?.properties ?? {};
}

function describe(error: ErrorObject): { hint?: string } {
  const schema = error.parentSchema as { description?: string } | undefined;
  return schema?.description === undefined ? {} : { hint: schema.description };
}

function pointerParts(pointer: string): string[] {
  if (pointer === '') return [];
  const parts = pointer.slice(1).split('/');
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function typeName(data: unknown): string {
  if (data === null) return 'empty';
  if (Array.isArray(data)) return 'a list';
  return withArticle(typeof data);
}

function withArticle(type: string): string {
  const names: Readonly<Record<string, string>> = {
    string: 'a text',
    number: 'a number',
    integer: 'a whole number',
    boolean: 'true or false',
    object: 'a mapping',
    array: 'a list',
  };
  return names[type] ?? type;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

const show = (data: unknown): string => (typeof data === 'string' ? quote(data) : String(data));
