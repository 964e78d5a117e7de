import { error, inCode, warning } from "../diagnostics/catalogue/entry.ts";

/**
 * What importing a contract can find fault with. Errors keep everything from being written; a warning says where the
 * types accept other values than the contract, or carry less.
 */
export const IMPORT_CATALOGUE = {
  "bad-source": error<{ format: string; reason: string; fix: string }>(
    ({ format, reason }) => `This is no ${format}: ${reason}.`,
    ({ fix }) => fix,
  ),
  "event-not-found": error<{ reason: string; fix: string }>(
    ({ reason }) => `No event was found: ${reason}.`,
    ({ fix }) => fix,
  ),
  "unresolved-reference": error<{ name: string; reason: string; fix: string }>(
    ({ name, reason }) => `'${name}' ${reason}.`,
    ({ fix }) => fix,
  ),
  "not-representable": error<{ subject: string; found: string; reason: string; fix: string }>(
    ({ subject, found, reason }) => `${subject} is ${inCode(found)}, ${reason}.`,
    ({ fix }) => fix,
  ),
  "duplicate-name": error<{ field: string; other: string; owner: string; name: string; fix: string }>(
    ({ field, other, owner, name }) =>
      `'${field}' and '${other}' of ${owner} are both '${name}' in protobuf, where names differ by more than case.`,
    ({ fix }) => fix,
  ),
  "values-differ": warning<{ what: string; fix: string }>(
    ({ what }) => what,
    ({ fix }) => fix,
  ),
  "rule-dropped": warning<{ rule: string; reason: string; fix: string }>(
    ({ rule, reason }) => `${rule} is not checked: ${reason}.`,
    ({ fix }) => fix,
  ),
  "part-left-out": warning<{ what: string; reason: string; fix: string }>(
    ({ what, reason }) => `${what} is left out: ${reason}.`,
    ({ fix }) => fix,
  ),
};

export type ImportCode = keyof typeof IMPORT_CATALOGUE;
