// Joins class names; what is absent or false is left out.
export function cx(...names: (string | undefined | false)[]): string {
  return names.filter((name) => name !== undefined && name !== false).join(' ');
}
