import { describe, expect, it } from 'vitest';
import type {
  ComposeService,
  DesiredApp,
  DesiredState,
  ManifestAnswer,
  ObservedImage,
  OperationErrorCode,
  WrittenAt,
} from '../../schemas/domain/index.ts';
import { toHostName } from '../../schemas/domain/index.ts';
import { aModel, anApp, anImage, anObservedUnit, aUnit } from '../testing/builders.ts';
import { DrivenClock } from '../testing/driven-clock.ts';
import { MemoryVault } from '../testing/memory-ports.ts';
import { desiredOf } from '../testing/pass-fixture.ts';
import { Facts } from './facts.ts';
import type { LookedAt } from './image-look-ups.ts';
import type { Fleet } from './ports.ts';
import { Preflight } from './preflight.ts';

const PLACES: ReadonlyMap<string, WrittenAt> = new Map([
  ['web', { place: { file: 'compose.yaml', line: 3, column: 12 }, path: 'services.web.image' }],
]);
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const told = (letter: string, architecture = 'amd64'): ManifestAnswer => ({
  manifest: { digest: digest(letter), platforms: [{ os: 'linux', architecture }] },
});
const refused = (code: OperationErrorCode): ManifestAnswer => ({
  error: { code, fault: 'world', message: `${code} canary` },
});

class Look {
  readonly clock = new DrivenClock();
  readonly asked: string[] = [];
  answer: (reference: string) => Promise<ManifestAnswer> | ManifestAnswer = () => told('a');
  inForce: DesiredState = desiredOf([]);
  readonly #preflight = new Preflight({
    clock: this.clock,
    facts: new Facts(new MemoryVault()),
    inForce: () => this.inForce,
    fleet: {
      inspectManifest: async (_host, reference, login) => {
        this.asked.push(login ? `${reference} ${Buffer.from(login).toString()}` : reference);
        return await this.answer(reference);
      },
    } satisfies Partial<Fleet> as unknown as Fleet,
  });

  ahead = () => this.#preflight.begin().look;

  at(
    service: Partial<ComposeService>,
    images: readonly ObservedImage[] = [],
    app: Partial<DesiredApp> = {},
  ): LookedAt {
    const unit = { ...aUnit(aModel({ web: service })), imagePlaces: PLACES };
    const whole = anApp(unit, app);
    const observed = anObservedUnit({ images });
    return { key: unit.key, app: whole, unit, observed, desired: desiredOf([whole]) };
  }
}

describe('a look ahead at images', () => {
  it.each([
    ['ImageNotFound', 'E_IMAGE_MISSING', 'error'],
    ['PullDenied', 'E_IMAGE_DENIED', 'error'],
    ['PullFailed', 'W_IMAGE_UNKNOWN', 'warning'],
    ['EngineTimeout', 'W_IMAGE_UNKNOWN', 'warning'],
  ] as const)('says %s where the image is written', async (code, issue, severity) => {
    const look = new Look();
    look.answer = () => refused(code);
    const { issues } = await look.ahead()(look.at({}, [], { secretValues: new Set(['canary']) }));
    expect(issues).toEqual([
      {
        severity,
        code: issue,
        file: 'compose.yaml',
        line: 3,
        column: 12,
        path: 'services.web.image',
        message: `web-01 cannot pull web:1: ${code} (secret)`,
        hint: expect.any(String),
      },
    ]);
  });

  it('says so where the image is for other machines than the host or the platform', async () => {
    const look = new Look();
    look.answer = () => told('a', 'arm64');
    const { issues } = await look.ahead()(look.at({}));
    expect(issues).toMatchObject([{ code: 'E_IMAGE_PLATFORM' }]);
    expect((await look.ahead()(look.at({ platform: 'linux/arm64' }))).issues).toEqual([]);
  });

  it('tells the plan what tags mean that would be looked up', async () => {
    const look = new Look();
    const host = [anImage('web:1', { digests: [`web@${digest('a')}`] })];
    look.answer = () => told('b');
    const { issues, locks } = await look.ahead()(look.at({}, host));
    expect(issues).toEqual([]);
    expect(locks).toEqual({ 'web:1': `web@${digest('b')}` });
    look.answer = () => refused('PullFailed');
    await look.clock.advance(61_000);
    expect(await look.ahead()(look.at({}, host))).toEqual({ issues: [], locks: {} });
    await look.clock.advance(6_000);
    expect((await look.ahead()(look.at({ pull_policy: 'always' }, host))).issues).toHaveLength(1);
  });

  it('asks nobody for what is there and may stay, or may not be pulled', async () => {
    const look = new Look();
    await look.ahead()(look.at({}, [anImage('web:1')]));
    await look.ahead()(look.at({ pull_policy: 'never' }));
    expect(look.asked).toEqual([]);
  });

  it('asks once a minute, and again soon after a failure', async () => {
    const look = new Look();
    const twice = async () => {
      await Promise.all([look.ahead()(look.at({})), look.ahead()(look.at({}))]);
    };
    await twice();
    await look.clock.advance(59_000);
    await twice();
    expect(look.asked).toHaveLength(1);
    look.answer = () => refused('PullDenied');
    await look.clock.advance(2_000);
    await twice();
    expect(look.asked).toHaveLength(2);
    await look.clock.advance(6_000);
    await twice();
    expect(look.asked).toHaveLength(3);
  });

  it('logs in with a Registry that is in force, and sends no other login anywhere', async () => {
    const look = new Look();
    const target = look.at({ image: 'r.example/web:1' });
    const registry = {
      place: { file: '', line: 1, column: 1 },
      server: 'r.example',
      username: 'bot',
      password: 'canary',
      projects: ['default'],
    };
    const desired = { ...target.desired, registries: new Map([['default/r', registry]]) };
    const { issues } = await look.ahead()({ ...target, desired });
    expect(issues).toMatchObject([{ code: 'W_IMAGE_UNKNOWN' }]);
    expect(look.asked).toEqual([]);
    look.inForce = {
      ...desired,
      registries: new Map([['default/r', { ...registry, password: 'x' }]]),
    };
    await look.ahead()({ ...target, desired });
    expect(look.asked).toEqual([]);
    look.inForce = desired;
    await look.ahead()({ ...target, desired });
    expect(look.asked[0]).toContain('"username":"bot","password":"canary"');
  });

  it('ends at its deadline, and asks no more than 500 images, 16 at once', async () => {
    const look = new Look();
    let asking = 0;
    let most = 0;
    const open: (() => void)[] = [];
    look.answer = async () => {
      asking += 1;
      most = Math.max(most, asking);
      await new Promise<void>((resolve) => open.push(resolve));
      asking -= 1;
      return told('a');
    };
    const ahead = look.ahead();
    const all = Array.from({ length: 600 }, (_, index) =>
      ahead(look.at({ image: `web:${index}` })),
    );
    await look.clock.advance(20_000);
    const issues = (await Promise.all(all)).flatMap((one) => one.issues);
    expect(most).toBe(16);
    expect(issues).toHaveLength(500);
    expect(new Set(issues.map(({ code }) => code))).toEqual(new Set(['W_IMAGE_UNKNOWN']));
  });
});

it('keeps questions of different hosts apart', async () => {
  const look = new Look();
  const target = look.at({});
  const other = { ...target.observed, host: toHostName('db-01') };
  await look.ahead()(target);
  await look.ahead()({ ...target, observed: other });
  expect(look.asked).toHaveLength(2);
});
