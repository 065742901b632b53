/** Returns everything that an async iterable yields. */
export async function all(iterable) {
  const found = [];
  for await (const each of iterable) found.push(each);
  return found;
}
