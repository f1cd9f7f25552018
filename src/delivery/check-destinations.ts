/** What the schema of the settings cannot say about destinations. */
import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { unknownAttribute } from './condition.ts';
import { destinationSchemas } from './destination-settings.ts';
import type { DeclaredDestination } from './destination.ts';
import { idleRole, type MadeForms } from './roles.ts';

function schemaOf(value: unknown): TSchema | undefined {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  return typeof kind === 'string' && Object.hasOwn(destinationSchemas, kind) ? destinationSchemas[kind] : undefined;
}

/** With the defaults of its kind and its values converted. What has no kind stays as it is. */
export function completeDestination(value: unknown): unknown {
  const schema = schemaOf(value);
  return schema === undefined ? value : Value.Convert(schema, Value.Default(schema, value));
}

/** Where in a destination that fits no kind the mistake is, judged by the kind that it names: "port: Expected integer". */
export function explainDestination(value: unknown): string | undefined {
  const schema = schemaOf(value);
  if (schema === undefined) return `kind: must be one of ${Object.keys(destinationSchemas).join(', ')}`;
  const error = Value.Errors(schema, value).First();
  return error === undefined ? undefined : `${error.path.slice(1).replaceAll('/', '.')}: ${error.message}`;
}

/** A mistake that only the whole shows: "0.rules.1: …"; undefined when there is none. */
export function mistakeIn(destinations: readonly DeclaredDestination[], forms: MadeForms): string | undefined {
  const names = new Set<string>();
  for (const [at, destination] of destinations.entries()) {
    if (names.has(destination.name)) return `${at}.name: ${destination.name} is there twice`;
    names.add(destination.name);
    const idle = idleRole(destination.roles ?? [], forms);
    if (idle !== undefined) return `${at}.roles.${idle}`;
    for (const [ruleAt, rule] of (destination.rules ?? []).entries()) {
      const unknown = unknownAttribute(rule.when);
      if (unknown !== undefined) return `${at}.rules.${ruleAt}: ${unknown} is no attribute of the DICOM dictionary`;
      const idleInRule = idleRole(rule.roles ?? [], forms);
      if (idleInRule !== undefined) return `${at}.rules.${ruleAt}.roles.${idleInRule}`;
    }
    const by = destination.confirm?.by;
    if (by === 'query' && destination.kind !== 'stow') return `${at}.confirm.by: only a stow destination can be queried, a DIMSE one is asked by commitment`;
    if (by === 'commitment' && destination.kind === 'stow') return `${at}.confirm.by: storage commitment needs DIMSE, a stow destination is asked by query`;
    const tls = destination.kind === 'sender' ? undefined : destination.tls;
    if (tls !== undefined && (tls.certFile === undefined) !== (tls.keyFile === undefined)) return `${at}.tls: certFile and keyFile belong together`;
    if (destination.kind === 'stow' && tls !== undefined && !destination.url.startsWith('https:')) return `${at}.url: must begin with https because tls is set`;
  }
  return undefined;
}
