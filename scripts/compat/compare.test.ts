import { describe, expect, it } from 'vitest';
import { differences, essence, requestDifferences } from './compare.ts';

describe('a comparison with a recording', () => {
  it('lists each difference with both values', () => {
    const ours = { a: 1, b: [1, 2], c: { d: 'x' }, more: true };
    const recorded = { a: 1, b: [1, 3], c: { d: 'y' }, less: null };
    expect(differences(ours, recorded)).toEqual([
      { path: 'b[1]', ours: '2', recorded: '3' },
      { path: 'c.d', ours: '"x"', recorded: '"y"' },
      { path: 'less', ours: undefined, recorded: 'null' },
      { path: 'more', ours: 'true', recorded: undefined },
    ]);
  });

  it('shows lists of other lengths whole', () => {
    expect(differences({ a: [1] }, { a: [1, 2] })).toEqual([
      { path: 'a', ours: '[1]', recorded: '[1,2]' },
    ]);
  });
});

describe('requests are compared', () => {
  const request = (body: Record<string, unknown>) => [
    { path: '/containers/create', query: { name: 'p-web-1' }, body },
  ];

  it('without empty defaults, the order of Env and what Compose keeps its books with', () => {
    const ours = request({ Image: 'a', Env: ['B=2', 'A=1'] });
    const recorded = request({
      Image: 'a',
      Env: ['A=1', 'B=2'],
      User: '',
      OpenStdin: false,
      HostConfig: { Binds: null, ConsoleSize: [0, 0] },
      Labels: { 'com.docker.compose.project': 'p' },
    });
    expect(requestDifferences(ours, recorded)).toEqual([]);
  });

  it('by name, and told of where one side has none', () => {
    const [difference, ...others] = requestDifferences([], request({ Image: 'a' }));
    expect(others).toEqual([]);
    expect(difference).toMatchObject({ path: '/containers/create p-web-1', ours: undefined });
  });

  it('with the ports that are open, though nothing is said of them', () => {
    expect(essence({ ExposedPorts: { '80/tcp': {} } })).toEqual({
      ExposedPorts: { '80/tcp': undefined },
    });
    expect(
      requestDifferences(request({ ExposedPorts: { '80/tcp': {} } }), request({})),
    ).toHaveLength(1);
  });
});
