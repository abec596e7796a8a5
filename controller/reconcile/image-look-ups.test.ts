import { describe, expect, it } from 'vitest';
import type {
  ComposeService,
  DesiredApp,
  ImagePlatform,
  OperationErrorCode,
} from '../../schemas/domain/index.ts';
import { aModel, anImage } from '../testing/builders.ts';
import { PassFixture } from '../testing/pass-fixture.ts';

const HOUR = 3_600_000;
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const OLD = `web@${digest('a')}`;
const NEW = `web@${digest('b')}`;

/** A unit whose image came from a registry, and how often that registry was asked. */
class Unit extends PassFixture {
  asked: string[] = [];
  constructor(service: Partial<ComposeService> = {}, app: Partial<DesiredApp> = {}) {
    super(aModel({ web: service }), app);
    this.pulled();
    this.registry(digest('a'));
  }

  pulled(): void {
    this.engine.images.set('web:1', anImage('web:1', { digests: [OLD] }));
  }

  registry(answer: string, platforms: readonly ImagePlatform[] = []): void {
    this.manifest = (reference) => {
      this.asked.push(reference);
      return { manifest: { digest: answer, platforms } };
    };
  }

  refuses(code: OperationErrorCode): void {
    this.manifest = (reference) => {
      this.asked.push(reference);
      return { error: { code, fault: 'world', message: `${code} by the registry` } };
    };
  }

  /** Git touches the app. */
  touch(service: Partial<ComposeService> = {}, app: Partial<DesiredApp> = {}): void {
    this.change(aModel({ web: service }), app);
    this.pulled();
  }

  locks() {
    return this.vault.locks.get(this.key)?.at(-1)?.locks;
  }

  image() {
    return this.engine.named('shop-web-1').image;
  }
}

describe('a tag', () => {
  it('is resolved once for a content, and moves with the next one that touches the app', async () => {
    const unit = new Unit();
    await unit.converge();
    expect(unit.asked).toEqual(['web:1']);
    expect(unit.locks()).toEqual({ 'web:1': OLD });
    unit.registry(digest('b'));
    await unit.converge();
    expect(unit.asked).toEqual(['web:1']);
    unit.touch({ environment: { A: 'b' } });
    await unit.converge();
    expect(unit.image()).toBe(NEW);
    expect(unit.locks()).toEqual({ 'web:1': NEW });
  });

  it('is the old digest again after a revert, with nobody asked', async () => {
    const unit = new Unit();
    await unit.converge();
    unit.registry(digest('b'));
    unit.touch({ environment: { A: 'b' } });
    await unit.converge();
    unit.asked = [];
    unit.touch();
    await unit.restart();
    await unit.converge();
    expect(unit.image()).toBe('web:1');
    expect(unit.locks()).toEqual({ 'web:1': OLD });
    expect(unit.asked).toEqual([]);
  });

  it('is what the host has where the registry is away, and is not asked about again', async () => {
    const unit = new Unit();
    unit.refuses('PullFailed');
    await unit.converge();
    expect(unit.image()).toBe('web:1');
    unit.registry(digest('b'));
    await unit.converge();
    expect(unit.asked).toEqual(['web:1']);
  });

  it('of pull_policy always has to be told: what serves goes on until it is', async () => {
    const unit = new Unit({ pull_policy: 'always' });
    await unit.converge();
    const before = unit.engine.named('shop-web-1').id;
    unit.refuses('PullDenied');
    unit.touch({ pull_policy: 'always', environment: { A: 'b' } });
    unit.engine.calls.length = 0;
    expect(await unit.run()).toEqual({ kind: 'failed' });
    expect(unit.ready()).toMatchObject({
      reason: 'PullDenied',
      message: 'PullDenied by the registry',
    });
    expect(unit.engine.calls).toEqual([]);
    expect(unit.engine.named('shop-web-1').id).toBe(before);
    unit.registry(digest('b'));
    await unit.converge();
    expect(unit.image()).toBe(NEW);
  });

  it('whose image is for other machines stops nothing, and says so', async () => {
    const unit = new Unit();
    await unit.converge();
    unit.registry(digest('b'), [{ os: 'linux', architecture: 'arm64' }]);
    unit.touch({ environment: { A: 'b' } });
    unit.engine.calls.length = 0;
    expect(await unit.run()).toEqual({ kind: 'failed' });
    expect(unit.ready()).toMatchObject({
      reason: 'PlatformMismatch',
      message: 'web:1 is for linux/arm64, not for linux/amd64',
    });
    expect(unit.engine.calls).toEqual([]);
  });

  it('is looked up when spec.restart changes, also where it is on the host', async () => {
    const service = { pull_policy: 'missing' };
    const unit = new Unit(service);
    await unit.converge();
    expect(unit.asked).toEqual([]);
    unit.registry(digest('b'));
    unit.touch(service, { restart: 'monday', contentHash: 'c2' as never });
    await unit.converge();
    expect(unit.asked).toEqual(['web:1']);
    expect(unit.image()).toBe(NEW);
  });

  it('is asked of one registry that hangs once in a while, not by every pass', async () => {
    const unit = new Unit({ pull_policy: 'always' });
    unit.refuses('PullFailed');
    for (let pass = 0; pass < 5; pass += 1) await unit.run();
    expect(unit.asked).toHaveLength(1);
    unit.engine.nowMs += 30_000;
    await unit.run();
    expect(unit.asked).toHaveLength(2);
  });
});

describe('spec.images.refresh', () => {
  const images = { refreshMs: 2 * HOUR };
  const rested = async (unit: Unit) => {
    for (let pass = 0; pass < 12; pass += 1) {
      const end = await unit.run();
      if (end.kind === 'again' && end.afterMs > 60_000) return end.afterMs;
      unit.engine.settle();
    }
    throw new Error(`does not rest: ${JSON.stringify(unit.ready())}`);
  };

  it('looks a tag up again when its time has come, and rolls what it means then', async () => {
    const unit = new Unit({}, { images });
    expect(await rested(unit)).toBeLessThanOrEqual(2 * HOUR);
    unit.registry(digest('b'));
    await rested(unit);
    expect(unit.image()).toBe('web:1');
    unit.engine.nowMs += 2 * HOUR;
    await rested(unit);
    expect(unit.image()).toBe(NEW);
    expect(unit.status()).toMatchObject({ health: 'Healthy', sync: 'Synced' });
  });

  it('changes nothing and tells of no fault while a registry is away, and tries again soon', async () => {
    const unit = new Unit({}, { images });
    await rested(unit);
    unit.refuses('PullFailed');
    unit.engine.nowMs += 2 * HOUR;
    unit.engine.calls.length = 0;
    expect(await rested(unit)).toBe(10 * 60_000);
    expect(unit.engine.calls).toEqual([]);
    expect(unit.status()).toMatchObject({ health: 'Healthy', sync: 'Synced' });
  });
});

describe('a vault that was lost', () => {
  it('moves nothing: what runs tells the locks', async () => {
    const unit = new Unit();
    await unit.converge();
    unit.registry(digest('b'));
    unit.vault.locks.clear();
    unit.engine.images.set('old', { ...anImage('web:1', { digests: [OLD] }), tags: [] });
    unit.engine.images.set('web:1', anImage('web:1', { id: digest('f'), digests: [NEW] }));
    await unit.restart();
    unit.asked = [];
    unit.engine.calls.length = 0;
    await unit.converge();
    expect(unit.engine.calls).toEqual([]);
    expect(unit.asked).toEqual([]);
    expect(unit.locks()).toEqual({ 'web:1': OLD });
  });
});

describe('spec.images.keep', () => {
  const app = (name: string): Partial<DesiredApp> => ({
    images: { keep: 1 },
    contentHash: name as never,
  });

  /** Three contents, each with an image of its own. */
  async function three(unit: Unit): Promise<void> {
    for (const letter of ['b', 'c', 'd']) {
      unit.registry(digest(letter));
      unit.touch({ environment: { A: letter } }, app(letter));
      await unit.converge();
    }
  }

  const locked = ({ engine }: Unit) =>
    [...engine.images.keys()].filter((name) => name.includes('@'));

  it('removes what only older versions ran, in the rollout that makes them older', async () => {
    const unit = new Unit({}, app('a'));
    await unit.converge();
    await three(unit);
    expect(locked(unit)).toEqual([`web@${digest('c')}`, `web@${digest('d')}`]);
    expect(unit.status()).toMatchObject({ health: 'Healthy', sync: 'Synced' });
    expect(await unit.run()).toEqual({ kind: 'done' });
  });

  it('asks once for an image that its host does not let go, and stays converged', async () => {
    const unit = new Unit({}, app('a'));
    await unit.converge();
    unit.interfere = ({ kind }) =>
      kind === 'remove-image' ? { status: 'unchanged', durationMs: 1 } : undefined;
    await three(unit);
    expect(await unit.run()).toEqual({ kind: 'done' });
    expect(unit.status()).toMatchObject({ health: 'Healthy', sync: 'Synced' });
    expect(locked(unit)).toHaveLength(3);
  });
});
