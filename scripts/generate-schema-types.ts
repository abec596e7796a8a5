/** Writes schemas/generated/*.ts from schemas/*.schema.json. Run by `make generate`. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compile, type JSONSchema } from 'json-schema-to-typescript';

const SCHEMAS = join(import.meta.dirname, '..', 'schemas');
const BANNER = '// Generated from the schema of the same name by scripts/generate-schema-types.ts.';

for (const file of (await readdir(SCHEMAS)).filter((name) => name.endsWith('.schema.json'))) {
  const schema = JSON.parse(await readFile(join(SCHEMAS, file), 'utf8')) as JSONSchema;
  const text = await compile(schema, file, {
    bannerComment: BANNER,
    cwd: SCHEMAS,
    ignoreMinAndMaxItems: true,
    style: { singleQuote: true, printWidth: 100 },
  });
  await writeFile(join(SCHEMAS, 'generated', file.replace('.schema.json', '.ts')), text);
}
