import { error, inCode, warning } from "../diagnostics/catalogue/entry.ts";

/**
 * What importing a contract can find fault with. Errors keep everything from being written; a warning says where the
 * types accept other values than the contract, or carry less.
 */
export const IMPORT_CATALOGUE = {
  "bad-source": error<{ format: string; reason: string; mend: string }>(
    ({ format, reason }) => `This is no ${format}: ${reason}.`,
    ({ mend }) => mend,
  ),
  "event-not-found": error<{ reason: string; mend: string }>(
    ({ reason }) => `No event was found: ${reason}.`,
    ({ mend }) => mend,
  ),
  "unresolved-reference": error<{ name: string; reason: string; mend: string }>(
    ({ name, reason }) => `'${name}' ${reason}.`,
    ({ mend }) => mend,
  ),
  "not-representable": error<{ subject: string; found: string; reason: string; mend: string }>(
    ({ subject, found, reason }) => `${subject} is ${inCode(found)}, ${reason}.`,
    ({ mend }) => mend,
  ),
  "duplicate-name": error<{ field: string; other: string; owner: string; name: string; mend: string }>(
    ({ field, other, owner, name }) =>
      `'${field}' and '${other}' of ${owner} are both '${name}' in protobuf, where names differ by more than case.`,
    ({ mend }) => mend,
  ),
  "values-differ": warning<{ what: string; mend: string }>(
    ({ what }) => what,
    ({ mend }) => mend,
  ),
  "rule-dropped": warning<{ rule: string; reason: string; mend: string }>(
    ({ rule, reason }) => `${rule} is not checked: ${reason}.`,
    ({ mend }) => mend,
  ),
  "part-left-out": warning<{ what: string; reason: string; mend: string }>(
    ({ what, reason }) => `${what} is left out: ${reason}.`,
    ({ mend }) => mend,
  ),
};

export type ImportCode = keyof typeof IMPORT_CATALOGUE;
