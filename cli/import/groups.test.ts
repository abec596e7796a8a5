import { describe, expect, it } from 'vitest';
import type { Found } from './facts.ts';
import { groupsOf, type Selection } from './groups.ts';

const hand = (name: string): Found => ({
  id: `id-${name}`,
  name,
  inspect: {},
  image: undefined,
  compose: undefined,
});
const composed = (project: string, service: string, number: number): Found => ({
  ...hand(`${project}-${service}-${number}`),
  compose: { project, service, number },
});

const ALL = [
  composed('shop', 'web', 2),
  composed('shop', 'web', 1),
  composed('shop', 'db', 1),
  composed('my_blog', 'web', 1),
  hand('Front.End'),
  hand('front-end'),
];

const chosen = (selection: Partial<Selection>) =>
  groupsOf(ALL, { names: [], ...selection }).map(({ name, projectName, services }) => [
    name,
    projectName,
    [...services].map(([key, list]) => `${key}: ${list.map((one) => one.name).join(' ')}`),
  ]);

describe('what is imported', () => {
  it('is one app for each Compose project, and for each container run by hand', () => {
    expect(chosen({ all: true })).toEqual([
      ['shop', 'shop', ['db: shop-db-1', 'web: shop-web-1 shop-web-2']],
      ['my-blog', 'my_blog', ['web: my_blog-web-1']],
      ['frontend', 'frontend', ['Front.End: Front.End']],
      ['front-end', 'front-end', ['front-end: front-end']],
    ]);
  });

  it('is a project as a whole, also where one of its containers is named', () => {
    const shop = chosen({ project: ['shop'] });
    expect(chosen({ names: ['shop-db-1'] })).toEqual(shop);
    expect(shop).toHaveLength(1);
  });

  it('is known by the beginning of an id too', () => {
    expect(chosen({ names: ['id-front'] }).map(([name]) => name)).toEqual(['front-end']);
  });

  it('gives every app a name of its own', () => {
    const twins = groupsOf([hand('a.b'), hand('a-b'), hand('ab')], { all: true, names: [] });
    expect(twins.map(({ name }) => name)).toEqual(['ab', 'a-b', 'ab-2']);
  });

  it.each<Partial<Selection>>([{ project: ['nope'] }, { names: ['nope'] }])(
    'says so where it is not there: %j',
    (selection) => {
      expect(() => chosen(selection)).toThrow(/nope/);
    },
  );
});
