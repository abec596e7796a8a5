import { describe, expect, it } from 'vitest';
import type { ComposeService, ObservedImage } from '../../../schemas/domain/index.ts';
import {
  aContainer,
  aModel,
  anApp,
  anImage,
  anObservedUnit,
  aUnit,
} from '../../testing/builders.ts';
import { type LookUpInput, lookUpsDue, nextLookUpMs } from './look-ups.ts';

const OLD = 'web@sha256:old';
const PULLED = anImage('web:1', { digests: [OLD] });
const HOUR = 3_600_000;

function input(
  service: Partial<ComposeService> = {},
  more: Partial<LookUpInput> = {},
  images: readonly ObservedImage[] = [PULLED],
): LookUpInput {
  const unit = aUnit(aModel({ web: service }));
  const observed = anObservedUnit({ images });
  const base = { app: anApp(unit), unit, observed, locks: {}, lookedUp: {} };
  return { ...base, restarted: false, now: 10 * HOUR, ...more };
}

const FIRST = { reference: 'web:1', kind: 'first', required: false, otherwise: OLD };

describe('a tag is looked up', () => {
  it('once for each content of the app', () => {
    expect(lookUpsDue(input())).toEqual([FIRST]);
    expect(lookUpsDue(input({}, { locks: { 'web:1': OLD } }))).toEqual([]);
  });

  it('with nothing going on before its answer where pull_policy is always', () => {
    expect(lookUpsDue(input({ pull_policy: 'always' }))).toEqual([{ ...FIRST, required: true }]);
  });

  it('where pull_policy is missing only when spec.restart has changed', () => {
    expect(lookUpsDue(input({ pull_policy: 'missing' }))).toEqual([]);
    expect(lookUpsDue(input({ pull_policy: 'missing' }, { restarted: true }))).toEqual([FIRST]);
    expect(lookUpsDue(input({ pull_policy: 'never' }, { restarted: true }))).toEqual([]);
  });

  it('neither where the host has to pull it anyway, nor where it came from no registry', () => {
    expect(lookUpsDue(input({}, {}, []))).toEqual([]);
    expect(lookUpsDue(input({}, {}, [anImage('web:1')]))).toEqual([]);
    expect(lookUpsDue(input({}, {}, [anImage('web:1', { digests: ['other@sha256:a'] })]))).toEqual(
      [],
    );
  });

  it('not where its container is taken over: that keeps what it runs', () => {
    const unit = aUnit(aModel({ web: {} }));
    const app = anApp(unit, { adopt: true });
    const container = aContainer({ name: 'shop-web-1', image: 'web:1', config: {} as never });
    const observed = anObservedUnit({ images: [PULLED], containers: [container] });
    expect(lookUpsDue(input({}, { app, unit, observed }))).toEqual([]);
  });

  it('never where a digest is written', () => {
    const image = `web:1@sha256:${'a'.repeat(64)}`;
    expect(lookUpsDue(input({ image, pull_policy: 'always' }, {}, [anImage(image)]))).toEqual([]);
  });

  it('again when its time has come, and says when that is', () => {
    const daily = { pull_policy: 'every_2h' };
    const locks = { 'web:1': OLD };
    const early = input(daily, { locks, lookedUp: { 'web:1': 9 * HOUR } });
    expect(lookUpsDue(early)).toEqual([]);
    expect(nextLookUpMs(early)).toBe(HOUR);
    const due = input(daily, { locks, lookedUp: { 'web:1': 8 * HOUR } });
    expect(nextLookUpMs(due)).toBe(0);
    expect(lookUpsDue(due)).toEqual([{ ...FIRST, kind: 'again', everyMs: 2 * HOUR }]);
    expect(nextLookUpMs(input({}, { locks }))).toBeUndefined();
    expect(nextLookUpMs(input(daily, { locks: { 'web:1': 'sha256:made-here' } }))).toBeUndefined();
  });
});
