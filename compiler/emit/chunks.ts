/** Fields that one generated function looks at, at most: TypeScript gives up on functions of too many branches. */
const MOST_FIELDS = 200;

/** All in order, as many at a time as one function can have. */
export function chunksOf<T>(fields: readonly T[]): (readonly T[])[] {
  if (fields.length <= MOST_FIELDS) return fields.length > 0 ? [fields] : [];
  const count = Math.ceil(fields.length / MOST_FIELDS);
  return Array.from({ length: count }, (_, i) => fields.slice(i * MOST_FIELDS, (i + 1) * MOST_FIELDS));
}
