import { expect, it } from 'vitest';
import { composeLoad } from './compose-load.ts';
import { copyOf, ownTemplates } from './compose-templates.ts';

it('loads each of our Compose files as an app, cold and changed', async () => {
  const figures = await composeLoad({ files: 16, cold: 1, repeats: 2 });
  expect(figures.map(({ limit }) => limit)).toEqual([2_000, 20]);
  expect(figures.map(({ samples }) => samples.length)).toEqual([1, 2]);
});

it('makes no two copies of a file alike', () => {
  for (const template of ownTemplates()) {
    expect(copyOf(template, 1)).not.toEqual(copyOf(template, 2));
    expect([...copyOf(template, 1).values()].join('\n')).not.toContain('0000');
  }
});
