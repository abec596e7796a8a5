import { describe, expect, test } from 'vitest';
import { loadFiles, manifest, said } from '../testing/repository.ts';

const compose = (services: string) => `compose:\n  services:\n${services.replace(/^/gm, '    ')}`;
const MIGRATE = 'migrate: {image: tool, profiles: [hook], restart: "no"}';
const WEB = 'web: {image: nginx}';
const hooks = (text: string) => `rollout: {hooks: ${text}}`;
const app = (services: string, rollout: string) =>
  loadFiles({ 'a.yaml': manifest('App', 'shop', `${compose(services)}\n${rollout}`) });

describe('hooks of a rollout', () => {
  test('are services that run in their order, whatever their profiles say', async () => {
    const services = `${WEB}\n${MIGRATE}\nsmoke: {image: tool, profiles: [hook]}\nother: {image: tool, profiles: [debug]}`;
    const { desired, issues } = await app(services, hooks('{before: [migrate], after: [smoke]}'));
    expect(issues).toEqual([]);
    const [unit] = [...desired.apps.values()].flatMap(({ units }) => [...units.values()]);
    expect(unit?.hooks).toEqual({ before: ['migrate'], after: ['smoke'] });
    expect(Object.keys(unit?.model.services ?? {}).sort()).toEqual(['migrate', 'smoke', 'web']);
  });

  test('are part of the content', async () => {
    const of = async (rollout: string) => {
      const { desired } = await app(`${WEB}\nmigrate: {image: tool}`, rollout);
      const [unit] = [...desired.apps.values()].flatMap(({ units }) => [...units.values()]);
      return unit;
    };
    const [plain, hooked] = [await of(''), await of(hooks('{before: [migrate]}'))];
    expect(plain).not.toHaveProperty('hooks');
    expect(hooked?.fingerprint).not.toBe(plain?.fingerprint);
  });

  test.each<[string, string, string, string]>([
    [
      'that is no service',
      MIGRATE,
      '{before: [migrat]}',
      'E_HOOK spec.rollout.hooks.before[0]: the hook "migrat" is no service of the app (did you mean "migrate"?)',
    ],
    [
      'that is nothing like a service',
      MIGRATE,
      '{after: [elsewhere]}',
      'E_HOOK spec.rollout.hooks.after[0]: the hook "elsewhere" is no service of the app (declare it in the Compose file)',
    ],
    [
      'that is named before and after',
      MIGRATE,
      '{before: [migrate], after: [migrate]}',
      'E_HOOK spec.rollout.hooks.after[0]: the hook "migrate" is named twice (remove one of them)',
    ],
    [
      'that never ends',
      'migrate: {image: tool, restart: always}',
      '{before: [migrate]}',
      'E_HOOK spec.rollout.hooks.before[0]: the hook "migrate" never ends: it has restart: always (give it restart: "no" or on-failure)',
    ],
    [
      'with replicas',
      'migrate: {image: tool, scale: 2}',
      '{before: [migrate]}',
      'E_HOOK spec.rollout.hooks.before[0]: the hook "migrate" has 2 replicas (a hook runs once: remove scale and replicas)',
    ],
    [
      'that a service waits for',
      `${MIGRATE}\nother: {image: nginx, depends_on: [migrate]}`,
      '{before: [migrate]}',
      'E_HOOK spec.rollout.hooks.before[0]: the hook "migrate" is what other depends on (hooks have their turn by themselves: take it out of depends_on of other)',
    ],
  ])('one %s is refused', async (_what, services, text, issue) => {
    const result = await app(`${WEB}\n${services}`, hooks(text));
    expect(said(result)).toHaveLength(1);
    expect(said(result)[0]).toContain(issue);
    expect(result.desired.apps.size).toBe(0);
  });
});
