import type { Health, ServiceStatus } from '../../../schemas/domain/index.ts';

export type Worst = Pick<ServiceStatus, 'service' | 'health' | 'reason' | 'message'>;

const RANK: readonly Health[] = [
  'Degraded',
  'Missing',
  'Unknown',
  'Progressing',
  'Suspended',
  'Healthy',
];

/** The service that is worst off speaks for the unit. */
export function worstOf(services: readonly ServiceStatus[]): Worst {
  const [worst] = [...services].sort((a, b) => RANK.indexOf(a.health) - RANK.indexOf(b.health));
  if (!worst || worst.health === 'Healthy') {
    return { service: '', health: 'Healthy', reason: 'AllHealthy', message: '' };
  }
  return { ...worst, message: `${worst.service}: ${worst.message}` };
}
