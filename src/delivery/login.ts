import { isObject, object, objects, string } from '../read';
import type { JsonObject } from '../types';
import { ask, join, Refusal, type Target } from './api';
import { Unanswered } from './request';

/*
 * How a key becomes a place for rows, as the `braintrust` package asks for it: /api/apikey/login and /api/project/register.
 */

/** Who logs in, and for which project. */
export interface Login {
  appUrl: string;
  apiKey: string;
  orgName?: string | undefined;
  /** Instead of the organisation's own. */
  apiUrl?: string | undefined;
  projectId?: string | undefined;
  projectName?: string | undefined;
}

/** @throws Refusal, or Error where there was no answer */
export async function login({ appUrl, apiKey, orgName, apiUrl, projectId, projectName }: Login, timeoutMs: number): Promise<Target> {
  const answer = await ask(join(appUrl, 'api/apikey/login'), { token: apiKey, timeoutMs });
  // A proxy's page with status 200 says nothing of the key.
  if (!isObject(answer.body) || !Array.isArray(answer.body.org_info)) throw new Unanswered(new URL(appUrl).origin, 'garbage for an answer');
  const organisations = objects(answer.body.org_info);
  const organisation = organisations.find(({ name }) => orgName === undefined || name === orgName);
  const url = apiUrl ?? string(organisation?.api_url);
  if (!organisation || url === undefined) throw new Refusal(403, new URL(appUrl).origin);
  const orgId = string(organisation.id) ?? '';
  const id = projectId ?? (await register({ appUrl, apiKey, orgId, projectName, timeoutMs }));
  return { apiUrl: url, token: apiKey, orgId, ids: logsOf(id) };
}

/** What the rows of a project's log have. */
export const logsOf = (projectId: string): JsonObject => ({ project_id: projectId, log_id: 'g' });

interface Registration {
  appUrl: string;
  apiKey: string;
  orgId: string;
  projectName: string | undefined;
  timeoutMs: number;
}

async function register({ appUrl, apiKey, orgId, projectName, timeoutMs }: Registration): Promise<string> {
  const body = JSON.stringify({ project_name: projectName ?? 'Global', org_id: orgId });
  const answer = await ask(join(appUrl, 'api/project/register'), { token: apiKey, body, timeoutMs });
  const id = string(object(object(answer.body)?.project)?.id);
  if (id === undefined) throw new Error(`${new URL(appUrl).origin} gave no project`);
  return id;
}
