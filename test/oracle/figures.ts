interface ReadFigures {
  asked: number;
  hits: number;
  /** The entry was gone, and the answer was the same. */
  needless: number;
  /** The database refused the read. */
  refused: number;
}

/** What was compared, and how much of it came from the cache: never cached must not pass for never stale. */
export class Figures {
  readonly reads: Map<string, ReadFigures> = new Map();
  readonly writes: Map<string, { done: number; failed: number }> = new Map();
  comparisons = 0;
  histories = 0;
  steps = 0;

  read(kind: string): ReadFigures {
    let figures = this.reads.get(kind);
    if (figures === undefined) this.reads.set(kind, (figures = { asked: 0, hits: 0, needless: 0, refused: 0 }));
    return figures;
  }

  wrote(kind: string, succeeded: boolean): void {
    let figures = this.writes.get(kind);
    if (figures === undefined) this.writes.set(kind, (figures = { done: 0, failed: 0 }));
    figures[succeeded ? 'done' : 'failed']++;
  }

  get hits(): number {
    return this.sum(({ hits }) => hits);
  }

  /** Kinds of reads, whatever they read, that were answered in several histories and never from the cache. */
  get neverCached(): string[] {
    return [...this.groups]
      .filter(([, { asked, hits, refused }]) => asked - refused > 60 && hits === 0)
      .map(([kind]) => kind);
  }

  /** Kinds of writes that were tried often and never succeeded. */
  get neverWritten(): string[] {
    return [...this.writes].filter(([, { done, failed }]) => done === 0 && failed > 10).map(([kind]) => kind);
  }

  summary(title: string): string {
    const { comparisons, histories, steps, hits } = this;
    const needless = this.sum((figures) => figures.needless);
    const most = [...this.groups].sort(([, a], [, b]) => b.needless - a.needless).slice(0, 8);
    return (
      `${title}: ${histories} histories of ${steps} steps, ${comparisons} comparisons, ${hits} hits, ` +
      `${needless} needless drops (${most.map(([kind, figures]) => `${kind} ${figures.needless}`).join(', ')})`
    );
  }

  /** A line for each kind of reads and writes. */
  details(): string {
    const line = ([kind, figures]: [string, object]): string =>
      `  ${kind}: ${Object.entries(figures)
        .map(([name, count]) => `${count} ${name}`)
        .join(', ')}`;
    return [...[...this.reads].map(line).sort(), ...[...this.writes].map(line).sort()].join('\n');
  }

  /** The figures of all entities together. */
  private get groups(): Map<string, ReadFigures> {
    const groups = new Map<string, ReadFigures>();
    for (const [kind, figures] of this.reads) {
      const group = kind.split(' ').slice(0, 3).join(' ');
      const sum = groups.get(group) ?? { asked: 0, hits: 0, needless: 0, refused: 0 };
      for (const name of Object.keys(sum) as (keyof ReadFigures)[]) sum[name] += figures[name];
      groups.set(group, sum);
    }
    return groups;
  }

  private sum(of: (figures: ReadFigures) => number): number {
    return [...this.reads.values()].reduce((total, figures) => total + of(figures), 0);
  }
}
