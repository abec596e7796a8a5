import { describe, expect, test } from 'vitest';
import { loadFiles, manifest } from '../testing/repository.ts';

const WEB = 'compose:\n  services:\n    web: {image: nginx}';

/** The one app of a revision whose manifest has these fields. */
async function declared(more: string, options: { project?: string; now?: number } = {}) {
  const text = manifest('App', 'web', `${WEB}\n${more}`);
  const { project, now = 0 } = options;
  const whole = project ? text.replace('\n  name:', `\n  project: ${project}\n  name:`) : text;
  const others =
    manifest('App', 'db', WEB) +
    `---\n` +
    manifest('App', 'db', WEB).replace('\n  name:', '\n  project: shop\n  name:');
  const { desired, issues } = await loadFiles({ 'a.yaml': whole, 'b.yaml': others }, { now });
  expect(issues).toEqual([]);
  return [...desired.apps.values()].find(({ name }) => name === 'web');
}

describe('an App', () => {
  test('without more says nothing of how', async () => {
    expect(await declared('')).toMatchObject({
      projectName: 'web',
      drift: 'heal',
      adopt: false,
      pruneVolumes: false,
      rollout: { deadlineMs: 600_000 },
      dependsOn: [],
      place: { file: 'a.yaml', line: 4, column: 9 },
    });
    expect(await declared('')).not.toHaveProperty('suspend');
  });

  test('is taken at its word', async () => {
    const more =
      'projectName: other\ndrift: report\nadopt: true\nprune: {volumes: true}\nrollout: {deadline: 1h30m}';
    expect(await declared(more)).toMatchObject({
      projectName: 'other',
      drift: 'report',
      adopt: true,
      pruneVolumes: true,
      rollout: { deadlineMs: 5_400_000 },
    });
  });

  test('goes over its hosts as it says', async () => {
    expect(await declared('')).not.toHaveProperty('strategy');
    expect(await declared('strategy: {}')).toMatchObject({
      strategy: { maxUnavailableHosts: { count: 1 }, order: [], pauseMs: 0 },
    });
    const more = 'strategy: {maxUnavailableHosts: 25%, order: [local], pauseBetween: 5m}';
    expect(await declared(more)).toMatchObject({
      strategy: { maxUnavailableHosts: { percent: 25 }, order: ['local'], pauseMs: 300_000 },
    });
  });

  test('puts only hosts in an order that it runs on', async () => {
    const text = manifest('App', 'web', `${WEB}\nstrategy: {order: [local, locale]}`);
    const { desired, issues } = await loadFiles({ 'a.yaml': text });
    expect(desired.apps.size).toBe(0);
    expect(issues.map(({ code, line, path, hint }) => `${line} ${code} ${path} ${hint}`)).toEqual([
      '9 E_HOST_UNKNOWN spec.strategy.order[1] did you mean "local"?',
    ]);
  });

  test('that is strict has errors where another has warnings', async () => {
    const cut = 'compose:\n  services:\n    web: {image: nginx, command: a && b}';
    const codes = async (more: string) => {
      const { issues } = await loadFiles({ 'a.yaml': manifest('App', 'web', `${cut}\n${more}`) });
      return issues.map(({ code }) => code);
    };
    expect(await codes('strict: false')).toEqual(['W_COMMAND_CUT']);
    expect(await codes('strict: true')).toEqual(['E_COMMAND_CUT']);
  });

  test('has the name of its project before its own, outside the default one', async () => {
    expect(await declared('', { project: 'shop' })).toMatchObject({ projectName: 'shop-web' });
  });

  test('depends on apps of its own project, or of one that it names', async () => {
    const of = async (name: string, project?: string) =>
      (await declared(`dependsOn: [${name}]`, project ? { project } : {}))?.dependsOn;
    expect(await of('db')).toEqual(['default/db']);
    expect(await of('db', 'shop')).toEqual(['shop/db']);
    expect(await of('shop/db')).toEqual(['shop/db']);
  });

  test.each([
    ['2ms', undefined],
    ['1s', 1_000],
    ['24h', 86_400_000],
    ['1d', 86_400_000],
    ['1m30s', 90_000],
    ['25h', undefined],
  ])('has a deadline between a second and a day: %s', async (text, ms) => {
    const files = { 'a.yaml': manifest('App', 'web', `${WEB}\nrollout: {deadline: ${text}}`) };
    const { desired, issues } = await loadFiles(files);
    const [app] = [...desired.apps.values()];
    expect(app?.rollout.deadlineMs).toBe(ms);
    expect(issues.map(({ code }) => code)).toEqual(ms === undefined ? ['E_VALUE'] : []);
  });

  test.each([
    ['59s', undefined],
    ['1m', 60_000],
    ['24h', 86_400_000],
    ['365d', 31_536_000_000],
    ['366d', undefined],
  ])('looks tags up again between a minute and a year: %s', async (text, refreshMs) => {
    const files = { 'a.yaml': manifest('App', 'web', `${WEB}\nimages: {refresh: ${text}}`) };
    const { desired, issues } = await loadFiles(files);
    const [app] = [...desired.apps.values()];
    expect(app?.images?.refreshMs).toBe(refreshMs);
    expect(issues.map(({ path }) => path)).toEqual(
      refreshMs === undefined ? ['spec.images.refresh'] : [],
    );
  });

  test('restarts for any text, as it is written', async () => {
    expect((await declared('restart: 1.10'))?.restart).toBe('1.10');
    expect((await declared('restart: true'))?.restart).toBe('true');
  });
});

describe('a suspended App', () => {
  const DAY = Date.UTC(2030, 0, 31);
  const suspended = async (until: string, now: number) =>
    (await declared(`suspend: {reason: works, until: ${until}}`, { now }))?.suspend;

  test('stays so until someone takes it out', async () => {
    expect((await declared('suspend: {reason: works}'))?.suspend).toEqual({ reason: 'works' });
  });

  test('goes on after the day that it names', async () => {
    const end = DAY + 86_400_000;
    expect(await suspended('2030-01-31', end - 1)).toEqual({ reason: 'works', untilMs: end });
    expect(await suspended('2030-01-31', end)).toBeUndefined();
  });

  test('goes on at the time that it names, in its zone', async () => {
    const end = DAY + 12 * 3_600_000;
    for (const until of [
      '2030-01-31T12:00Z',
      '2030-01-31T12:00:00.000Z',
      '2030-01-31T14:00:00+02:00',
    ]) {
      expect(await suspended(until, end - 1)).toEqual({ reason: 'works', untilMs: end });
      expect(await suspended(until, end)).toBeUndefined();
    }
  });

  test.each(['2030-01-31T12:00', '31.1.2030', '2030', '2030-02-45', '2030-01-31 12:00Z'])(
    'needs a day or a time with its zone, not %s',
    async (until) => {
      const more = `suspend: {reason: works, until: "${until}"}`;
      const { issues } = await loadFiles({ 'a.yaml': manifest('App', 'web', `${WEB}\n${more}`) });
      expect(issues).toMatchObject([{ code: 'E_VALUE', path: 'spec.suspend.until' }]);
    },
  );
});
