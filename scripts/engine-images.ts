/**
 * usage: engine-images.ts missing NAME:TAG…   prints those the engine does not have
 *        engine-images.ts import NAME:TAG     makes an image of the root file system on stdin
 * The engine is the one that DOCKER_HOST names. Source: the Docker Engine API.
 */
import { call, readText } from './engine-api.ts';

async function isMissing(image: string): Promise<boolean> {
  const answer = await call('GET', `/images/${image}/json`);
  await readText(answer);
  return answer.statusCode === 404;
}

async function importImage(image: string): Promise<void> {
  const [repo = '', tag = ''] = image.split(':');
  const query = new URLSearchParams({ fromSrc: '-', repo, tag });
  for (const change of ['ENV PATH=/bin', 'CMD ["/bin/sh"]']) query.append('changes', change);
  const answer = await call('POST', `/images/create?${query.toString()}`, process.stdin);
  const text = await readText(answer);
  // The status is sent before the work: a failure is told in the body.
  if (answer.statusCode !== 200 || text.includes('"error"')) {
    throw new Error(`${image} could not be made: ${text.trim()}`);
  }
}

const [verb, ...images] = process.argv.slice(2);
if (verb === 'missing') {
  for (const image of images) if (await isMissing(image)) process.stdout.write(`${image}\n`);
} else if (verb === 'import' && images[0]) {
  await importImage(images[0]);
} else {
  throw new Error('usage: engine-images.ts missing|import NAME:TAG…');
}
