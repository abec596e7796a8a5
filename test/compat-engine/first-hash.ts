/**
 * Preloaded into a controller, it makes it mark containers as the first version of the spec hash
 * did: what an installation of that version has left on its hosts.
 */
import { registerHooks } from 'node:module';

const PRESENT = 'const specHash = containerHash(hashInput);';
const FIRST = 'const specHash = first;';

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith('/controller/core/plan/harden-unit.ts')) return loaded;
    const { source: raw = '' } = loaded;
    const source = typeof raw === 'string' ? raw : new TextDecoder().decode(raw ?? undefined);
    if (!source.includes(PRESENT)) throw new Error(`${url} has no ${PRESENT}`);
    return { ...loaded, source: source.replace(PRESENT, FIRST) };
  },
});
