import { describe } from 'vitest';
import { engineRequest, makeImages, testEngine } from '../../test/support/images.ts';
import { describeEngineContract } from '../testing/engine-contract.ts';
import { createDockerodeEngine } from './dockerode-engine.ts';

const PREFIX = `skep-contract-${process.pid}`;

/** Removes everything that bears the prefix, past the code under test. */
async function cleanUp(): Promise<void> {
  const host = testEngine();
  const filters = encodeURIComponent(JSON.stringify({ name: [PREFIX] }));
  const listed = async (path: string): Promise<unknown> =>
    JSON.parse((await engineRequest(host, 'GET', `${path}filters=${filters}`)).body);
  for (const { Id } of (await listed('/containers/json?all=1&')) as { Id: string }[]) {
    await engineRequest(host, 'DELETE', `/containers/${Id}?force=1`);
  }
  for (const { Id } of (await listed('/networks?')) as { Id: string }[]) {
    await engineRequest(host, 'DELETE', `/networks/${Id}`);
  }
  const { Volumes } = (await listed('/volumes?')) as { Volumes: { Name: string }[] | null };
  for (const { Name } of Volumes ?? []) await engineRequest(host, 'DELETE', `/volumes/${Name}`);
}

describe('an engine behind dockerode', () => {
  describeEngineContract(async () => {
    await makeImages();
    return {
      engine: createDockerodeEngine(testEngine()),
      image: 'skep-test/app:1',
      unstartable: { Image: 'skep-test/app:1', Cmd: ['/none'] },
      prefix: PREFIX,
      cleanUp,
    };
  });
});
