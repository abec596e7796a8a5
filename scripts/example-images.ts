/**
 * Makes the images of the examples, or those named, that the engine (DOCKER_HOST) does not have.
 * usage: example-images.ts [NAME:TAG…]
 */
import { makeImages } from './busybox-image.ts';

const EXAMPLES = ['skep-example/web:1', 'skep-example/web:2', 'skep-example/clock:1'];

const named = process.argv.slice(2);
try {
  const references = named.length > 0 ? named : EXAMPLES;
  await makeImages(references.map((reference) => ({ reference })));
} catch (error) {
  process.stderr.write(
    `example-images: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
}
