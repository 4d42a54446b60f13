import { type FieldError, invalidInput } from '../errors.ts';

/** Values by name. Numbers stand as JavaScript writes them. */
export type TemplateVariables = Readonly<Record<string, string | number>>;

/** What a template consists of: texts, and between each two of them the name of a variable. */
interface Template {
  texts: string[];
  names: string[];
}

/** The names that a template uses, each once, in the order of their first use; none where it is not well formed. */
export function variablesOf(template: string): string[] {
  return templateProblem(template) === null ? [...new Set(split(template).names)] : [];
}

/**
 * What is wrong with the writing of a template, in words that follow its name; null when nothing is. There is one form,
 * `{{variable}}`: single braces are text, and no way to write double ones is needed.
 */
export function templateProblem(template: string): string | null {
  const { texts, names } = split(template);
  if ([...texts, ...names].some((part) => part.includes('{{'))) return 'has a "{{" that is not closed by "}}"';
  if (texts.some((part) => part.includes('}}'))) return 'has a "}}" without a "{{" before it';
  const wrong = names.find((name) => !/^\w{1,40}$/.test(name));
  if (wrong === undefined) return null;
  return `has "{{${wrong.slice(0, 60)}}}", where a variable must be 1 to 40 letters a-z, digits and "_", such as {{name}}`;
}

/** The names that a template uses and `variables` does not have, each once. */
export function missingVariables(template: string, variables: TemplateVariables): string[] {
  return variablesOf(template).filter((name) => !Object.hasOwn(variables, name));
}

/**
 * The text of a template. Values are put in as they are: braces in them mean nothing. Written here because the usual
 * libraries take a missing variable for an empty one, and escape for HTML.
 * @throws ReveilleError `invalid_input` at `template`, or at `variables.x` for each one that is missing
 */
export function render(template: string, variables: TemplateVariables): string {
  const problem = templateProblem(template);
  if (problem !== null) throw invalidInput([{ path: 'template', message: problem }]);
  const missing = missingVariables(template, variables);
  if (missing.length > 0) throw invalidInput(missing.map((name) => missingError(`variables.${name}`)));
  const { texts, names } = split(template);
  return texts.map((text, index) => text + String(variables[names[index] ?? ''] ?? '')).join('');
}

/** The error of a variable without a value. */
export const missingError = (path: string): FieldError => ({
  path,
  message: 'is used by the template and has no value',
});

function split(template: string): Template {
  // Texts and what stands between double braces take turns.
  const parts = template.split(/\{\{([^]*?)\}\}/);
  return {
    texts: parts.filter((_, index) => index % 2 === 0),
    names: parts.filter((_, index) => index % 2 === 1).map((name) => name.trim()),
  };
}
