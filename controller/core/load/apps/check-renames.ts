import type { AppId } from '../../../../schemas/domain/index.ts';
import { issueAt, showPlace } from '../issues.ts';
import type { Report } from './clash.ts';
import type { AppDeclaration } from './declaration.ts';

/** A former name is nobody's present one, and one app's alone. */
export function checkRenames(
  apps: readonly AppDeclaration[],
  mayBeDeclared: (id: AppId) => boolean,
  report: Report,
): void {
  const present = new Map(apps.map((app) => [app.id, app] as const));
  const taken = new Map<AppId, AppDeclaration>();
  for (const declaration of apps) {
    for (const { app, place, path } of declaration.formerly ?? []) {
      const message = fault(app, present.get(app), taken.get(app), mayBeDeclared(app));
      taken.set(app, declaration);
      if (message === undefined) continue;
      const hint = 'an app that is renamed is declared under its new name alone';
      report(declaration.id, issueAt('E_RENAMED_FROM', place, path, message, hint));
    }
  }
}

function fault(
  former: AppId,
  present: AppDeclaration | undefined,
  taken: AppDeclaration | undefined,
  mayBeDeclared: boolean,
): string | undefined {
  if (present) return `the app ${former} is still declared (${showPlace(present.place)})`;
  if (taken) {
    return `another app was renamed from ${former} as well (${showPlace(taken.place)})`;
  }
  return mayBeDeclared ? `the app ${former} may still be declared` : undefined;
}
