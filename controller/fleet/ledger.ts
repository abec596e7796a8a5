import { Failure, type HostName, NAME_PATTERN } from '../../schemas/domain/index.ts';

/** The part of the vault that keeps key material and what must not be forgotten. */
export interface SecretStore {
  secret(name: string): Promise<Buffer | undefined>;
  /** On disk when it resolves. */
  putSecret(name: string, bytes: string | Uint8Array): Promise<void>;
}

interface Facts {
  /** Decimal: it may outgrow a JSON number. */
  readonly epoch: string;
  /** The one enrolment of each host whose certificates are accepted. */
  readonly enrolments: Readonly<Record<string, Enrolment>>;
}

export interface Enrolment {
  /** Random; named by every certificate of this enrolment. */
  readonly id: string;
  readonly atMs: number;
}

const FILE = 'fleet.json';
/** How far above ours an agent's epoch may be: a rogue one must not use the numbers up. */
const MOST_EPOCH_LEAP = 2n ** 32n;
const MOST_ENROLMENTS = 10_000;

/**
 * What the fleet must not forget: its epoch, and which enrolment of each host is good. An
 * allow-list: a certificate that is not of the host's present enrolment is refused, however
 * well signed. Writes are made one after another and are on disk before they count.
 */
export class Ledger {
  readonly #store: SecretStore;
  #facts: Facts;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(store: SecretStore, facts: Facts) {
    this.#store = store;
    this.#facts = facts;
  }

  /** @throws Failure VaultCorrupt */
  static async open(store: SecretStore): Promise<Ledger> {
    const bytes = await store.secret(FILE);
    return new Ledger(store, bytes ? parse(bytes) : { epoch: '0', enrolments: {} });
  }

  epoch(): bigint {
    return BigInt(this.#facts.epoch);
  }

  enrolment(host: HostName): Enrolment | undefined {
    return Object.hasOwn(this.#facts.enrolments, host) ? this.#facts.enrolments[host] : undefined;
  }

  enrolled(): readonly (readonly [HostName, Enrolment])[] {
    return Object.entries(this.#facts.enrolments) as [HostName, Enrolment][];
  }

  /** The next epoch of ours, above `seen` too. */
  async raiseEpoch(seen = 0n): Promise<bigint> {
    await this.#change((facts) => {
      const own = BigInt(facts.epoch);
      return { ...facts, epoch: String((seen > own ? seen : own) + 1n) };
    });
    return this.epoch();
  }

  /** Whether an agent may have come to that epoch by honest means. */
  isPlausible(epoch: bigint): boolean {
    return epoch <= this.epoch() + MOST_EPOCH_LEAP;
  }

  /** Makes `enrolment` the only good one of the host. @throws Failure TooManyHosts */
  async enrol(host: HostName, enrolment: Enrolment): Promise<void> {
    await this.#change((facts) => {
      const enrolments = { ...facts.enrolments, [host]: enrolment };
      if (Object.keys(enrolments).length > MOST_ENROLMENTS) {
        throw new Failure('TooManyHosts', `${MOST_ENROLMENTS} hosts are enrolled already`);
      }
      return { ...facts, enrolments };
    });
  }

  /** No certificate of the host is good any more, until it joins anew. */
  async revoke(host: HostName): Promise<void> {
    await this.#change((facts) => {
      const { [host]: _, ...enrolments } = facts.enrolments;
      return { ...facts, enrolments };
    });
  }

  async #change(change: (facts: Facts) => Facts): Promise<void> {
    const turn = this.#turn.then(async () => {
      const next = change(this.#facts);
      await this.#store.putSecret(FILE, JSON.stringify(next));
      this.#facts = next;
    });
    this.#turn = turn.catch(() => {});
    await turn;
  }
}

function parse(bytes: Buffer): Facts {
  try {
    const { epoch, enrolments = {} } = JSON.parse(bytes.toString()) as Partial<Facts>;
    const names = Object.keys(enrolments).every((name) => NAME_PATTERN.test(name));
    if (typeof epoch === 'string' && /^\d{1,40}$/.test(epoch) && names)
      return { epoch, enrolments };
  } catch {
    // Said below.
  }
  const message = `${FILE} of the vault is damaged; restore it from a backup, or remove it and join each host again`;
  throw new Failure('VaultCorrupt', message, { retry: 'never' });
}
