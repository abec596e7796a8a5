import { stringify } from 'yaml';

/**
 * Plain data as YAML that people read: block style, in the order given, texts of several lines as
 * literal blocks. Readers of any version of YAML read texts as texts: what one of them would take
 * for something else is quoted.
 */
export const renderYaml = (value: unknown): string =>
  stringify(value, {
    version: '1.2',
    compat: 'yaml-1.1',
    aliasDuplicateObjects: false,
    blockQuote: 'literal',
    lineWidth: 0,
  });
