import { certificateRequest, newKey } from '../../../agent/session/keys.ts';
import { Authority } from '../../../controller/fleet/authority.ts';
import { MemorySecrets } from '../../../controller/testing/memory-secrets.ts';
import { toHostName } from '../../../schemas/domain/index.ts';
import { HOSTS } from './scenery.ts';
import { Timeline } from './timeline.ts';

export interface Papers {
  /** By host, DER. */
  readonly certificates: ReadonlyMap<string, Buffer>;
  /** What the vault of a controller holds that has let these hosts join. */
  readonly secrets: ReadonlyMap<string, string>;
}

let papers: Promise<Papers> | undefined;

/** Made once: keys are the only thing here that no seed decides, and nothing depends on them. */
export function joinedHosts(): Promise<Papers> {
  papers ??= makePapers();
  return papers;
}

async function makePapers(): Promise<Papers> {
  const atMs = new Timeline().now();
  const authority = await Authority.open(new MemorySecrets(), () => atMs);
  const certificates = new Map<string, Buffer>();
  for (const name of HOSTS) {
    const request = await certificateRequest(name, await newKey());
    const subject = { host: toHostName(name), enrolment: name };
    certificates.set(name, await authority.issueAgent(subject, request));
  }
  const enrolments = Object.fromEntries(HOSTS.map((name) => [name, { id: name, atMs }]));
  const ledger = JSON.stringify({ epoch: '0', enrolments });
  return { certificates, secrets: new Map([['fleet.json', ledger]]) };
}
