/** PEP 508 without markers and addresses: a name (PEP 503), extras, version specifiers. */
const NAMED =
  /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[A-Za-z0-9._\s,-]*\])?\s*\(?([^;()]*)\)?\s*(?:;[^;]+)?$/;
const SPECIFIER = /^(?:===|==|!=|~=|<=|>=|<|>)\s*(\S+)$/;
/** PEP 440, appendix B, with the `.*` of a prefix match. */
const VERSION =
  /^v?(?:\d+!)?\d+(?:\.\d+)*(?:[-_.]?(?:a|b|c|rc|alpha|beta|pre|preview)[-_.]?\d*)?(?:-\d+|[-_.]?(?:post|rev|r)[-_.]?\d*)?(?:[-_.]?dev[-_.]?\d*)?(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?(?:\.\*)?$/i;

/** What is wrong with a Python requirement; undefined where nothing is. Versions often come from the model file, which is foreign. */
export function requirementProblem(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.trim() === '') return 'is no text';
  // eslint-disable-next-line no-control-regex -- a line break would smuggle in an option of pip
  if (/[\u0000-\u001f\u007f]/.test(text)) return 'has a control character';
  if (/^[A-Za-z0-9._-]+\s*(?:\[.*\])?\s*@\s*\S/.test(text)) return undefined;
  const match = NAMED.exec(text.trim());
  if (match === null) return 'is no PEP 508 requirement';
  const specifiers = (match[2] ?? '').split(',').map((part) => part.trim());
  const bad = specifiers.filter(
    (part) => part !== '' && !VERSION.test(SPECIFIER.exec(part)?.[1] ?? ''),
  );
  return bad.length === 0 ? undefined : `has a version that is none (PEP 440): ${bad.join(', ')}`;
}
