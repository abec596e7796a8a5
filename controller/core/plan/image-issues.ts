import { imageName } from '../../../engine/names.ts';
import type {
  DesiredApp,
  DesiredUnit,
  Issue,
  OperationError,
  OperationErrorCode,
} from '../../../schemas/domain/index.ts';
import type { Code } from '../load/codes.ts';
import { issueAt } from '../load/issues.ts';
import { maskIssue } from '../load/sealed/mask.ts';

const CODES: Readonly<Partial<Record<OperationErrorCode, Code>>> = {
  ImageNotFound: 'E_IMAGE_MISSING',
  PullDenied: 'E_IMAGE_DENIED',
  PlatformMismatch: 'E_IMAGE_PLATFORM',
};
const HINTS: Readonly<Partial<Record<Code, string>>> = {
  E_IMAGE_MISSING: 'push the image first, or correct its name or tag',
  E_IMAGE_DENIED: 'declare a Registry for that server with credentials that may pull it',
  E_IMAGE_PLATFORM: 'push an image for the platform of the host, or set platform',
  W_IMAGE_UNKNOWN: 'the rollout will try again by itself',
};

/** What a registry said to a look at an image, as issues of the services that run it. */
export function imageIssues(
  app: DesiredApp,
  unit: DesiredUnit,
  reference: string,
  { code, message }: OperationError,
): readonly Issue[] {
  const issueCode = CODES[code] ?? 'W_IMAGE_UNKNOWN';
  const services = Object.keys(unit.model.services).filter(
    (service) => imageName(unit.model, service) === reference,
  );
  return services.map((service) => {
    const { place, path } = unit.imagePlaces?.get(service) ?? { place: app.place, path: '' };
    const text = `${unit.host} cannot pull ${reference}: ${message}`;
    return maskIssue(issueAt(issueCode, place, path, text, HINTS[issueCode]), app.secretValues);
  });
}
