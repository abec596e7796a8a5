import { describe, expect, it } from 'vitest';
import type { ComposeModel, ComposeService } from '../schemas/domain/index.ts';
import { activeServices } from './active-services.ts';

const aModel = (services: Readonly<Record<string, ComposeService>>): ComposeModel => ({
  name: 'shop',
  services,
  networks: {},
  volumes: {},
  configs: {},
  secrets: {},
});

const waitsForDebug = (required: boolean): ComposeService => ({
  depends_on: { debug: { condition: 'service_started', required } },
});

describe('services of profiles', () => {
  const services = { web: {}, debug: { profiles: ['debug', 'all'] }, test: { profiles: ['test'] } };
  it.each([
    [[], ['web']],
    [['debug'], ['web', 'debug']],
    [['nobody'], ['web']],
    [['*'], ['web', 'debug', 'test']],
  ])('with %j are %j', (profiles, expected) => {
    const { model, refusals } = activeServices(aModel(services), profiles);
    expect(Object.keys(model.services)).toEqual(expected);
    expect(refusals).toEqual([]);
  });

  it('may not be left out where another needs them', () => {
    const { debug } = services;
    const required = activeServices(aModel({ web: waitsForDebug(true), debug }), []);
    expect(required.refusals.map(({ path }) => path)).toEqual([
      ['services', 'web', 'depends_on', 'debug'],
    ]);
    const shared = activeServices(aModel({ web: { network_mode: 'service:debug' }, debug }), []);
    expect(shared.refusals).toHaveLength(1);
  });

  it('are forgotten by those who only wished for them', () => {
    const optional = activeServices(
      aModel({ web: waitsForDebug(false), debug: services.debug }),
      [],
    );
    expect(optional.refusals).toEqual([]);
    expect(optional.model.services).toEqual({ web: { depends_on: {} } });
  });
});
