import type { EngineBody } from '../schemas/domain/index.ts';

/** The body as an engine of that API version takes it. */
export function bodyForApi(body: EngineBody, _apiVersion: string): EngineBody {
  return body;
}
