/** `Zürich` and `ZURICH` are both found under `zurich`. */
export function searchName(name: string): string {
  return name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
