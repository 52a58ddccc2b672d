import { isObject, object, objects, string } from '../../src/read';
import type { JsonObject } from '../../src/types';

const BLOCKED_MESSAGE = 'Sorry, I cannot help with card numbers. Please use the secure form.';

/** What this guardrail looks for: a card number blocks, an e-mail address is masked. */
const RULES: { type: string; action: 'BLOCKED' | 'ANONYMIZED'; pattern: RegExp }[] = [
  { type: 'CREDIT_DEBIT_CARD_NUMBER', action: 'BLOCKED', pattern: /\b(?:\d[ -]?){12,15}\d\b/g },
  { type: 'EMAIL', action: 'ANONYMIZED', pattern: /[\w.+-]+@[\w-]+\.[\w.]*\w/g },
];

const USAGE = {
  topicPolicyUnits: 1,
  contentPolicyUnits: 1,
  wordPolicyUnits: 1,
  sensitiveInformationPolicyUnits: 1,
  sensitiveInformationPolicyFreeUnits: 0,
  contextualGroundingPolicyUnits: 0,
};

export interface Verdict {
  intervened: boolean;
  /** What the application gets in place of the text. */
  text: string;
  assessment: JsonObject;
}

/** What the guardrail makes of a text. */
export function judge(text: string): Verdict {
  const found = RULES.flatMap(({ type, action, pattern }) =>
    (text.match(pattern) ?? []).map((match) => ({ action, detected: true, match, type })),
  );
  const masked = RULES.reduce((rest, { type, pattern }) => rest.replace(pattern, `{${type}}`), text);
  const usage = { ...USAGE, sensitiveInformationPolicyFreeUnits: found.length };
  const coverage = { textCharacters: { guarded: text.length, total: text.length } };
  return {
    intervened: found.length > 0,
    text: found.some(({ action }) => action === 'BLOCKED') ? BLOCKED_MESSAGE : masked,
    assessment: {
      ...(found.length > 0 ? { sensitiveInformationPolicy: { piiEntities: found } } : {}),
      invocationMetrics: { guardrailProcessingLatency: 210, usage, guardrailCoverage: coverage },
    },
  };
}

/** The `trace` of a Converse answer whose guardrail looked at the input. */
export function guardrailTrace(identifier: string, { assessment, intervened }: Verdict): JsonObject {
  return { guardrail: { actionReason: intervened ? 'Guardrail blocked.' : 'No action.', inputAssessment: { [identifier]: assessment } } };
}

/** ApplyGuardrail. */
export function applyGuardrail(body: JsonObject): JsonObject {
  const text = objects(body.content).map((block) => string(object(block.text)?.text) ?? '');
  const { intervened, text: output, assessment } = judge(text.join('\n'));
  return {
    action: intervened ? 'GUARDRAIL_INTERVENED' : 'NONE',
    actionReason: intervened ? 'Guardrail blocked.' : 'No action.',
    outputs: intervened ? [{ text: output }] : [],
    assessments: [assessment],
    usage: USAGE,
    guardrailCoverage: { textCharacters: { guarded: text.join('').length, total: text.join('').length } },
  };
}

/** InvokeGuardrailChecks: a result for each check that was asked for. */
export function guardrailChecks(body: JsonObject): JsonObject {
  const checks = object(body.checks) ?? {};
  const texts = objects(body.messages).map(({ content }) => objects(content).map(({ text }) => string(text) ?? ''));
  const categories = (check: unknown) => objects(object(check)?.categories);
  const suspicious = /ignore (all|previous|your)/i.test(texts.flat().join(' '));
  const results: JsonObject = {};
  if (isObject(checks.contentFilter)) {
    results.contentFilter = { results: categories(checks.contentFilter).map(({ category }) => ({ category, severityScore: 0 })) };
  }
  if (isObject(checks.promptAttack)) {
    const severityScore = suspicious ? 0.9 : 0;
    results.promptAttack = { results: categories(checks.promptAttack).map(({ category }) => ({ category, severityScore })) };
  }
  if (isObject(checks.sensitiveInformation)) results.sensitiveInformation = { results: sensitive(texts), truncated: false };
  return { results, usage: Object.fromEntries(Object.keys(results).map((name) => [name, { textUnits: 1 }])) };
}

function sensitive(texts: string[][]): JsonObject[] {
  return texts.flatMap((blocks, messageIndex) =>
    blocks.flatMap((text, contentIndex) =>
      RULES.flatMap(({ type, pattern }) =>
        [...text.matchAll(pattern)].map(({ index, 0: match }) => ({
          type,
          confidenceScore: 0.98,
          beginOffset: index,
          endOffset: index + match.length,
          messageIndex,
          contentIndex,
        })),
      ),
    ),
  );
}
