import type { ClassShape, DescribeClass, PropertyShape } from '../../lib/codec/copy/class-shape.js';

/** Describes classes as the room that knows entities would, from a list of what their properties hold. */
export function describing(
  ...classes: [
    new () => object,
    Record<string, PropertyShape['kind'] | Omit<PropertyShape, 'name'>>,
    Partial<ClassShape>?,
  ][]
): DescribeClass {
  const shapes = new Map<Function, ClassShape>(
    classes.map(([Class, properties, more]) => [
      Class,
      {
        construct: () => new Class(),
        properties: Object.entries(properties).map(([name, kind]) =>
          typeof kind === 'string' ? { name, kind } : { name, ...kind },
        ),
        ...more,
      },
    ]),
  );
  return (constructor) => shapes.get(constructor);
}

export class Author {
  id!: number;
  name!: string;
  createdAt!: Date;
  posts?: Post[];
}

export class Tag {
  id!: number;
  name!: string;
}

export class Post {
  id!: bigint;
  title!: string | null;
  score!: number;
  createdAt!: Date;
  deletedAt!: Date | null;
  cover!: Buffer | null;
  author!: Author | null;
  tags!: Tag[];

  greet(): string {
    return `post ${this.title}`;
  }
}

export const describe = describing(
  [Author, { id: 'plain', name: 'plain', createdAt: 'date', posts: 'many' }],
  [Tag, { id: 'plain', name: 'plain' }],
  [
    Post,
    {
      id: 'plain',
      title: 'plain',
      score: 'plain',
      createdAt: 'date',
      deletedAt: 'date',
      cover: 'any',
      author: 'one',
      tags: 'many',
    },
  ],
);

export const make = <T extends object>(Class: new () => T, state: Partial<T>): T => Object.assign(new Class(), state);

export const post = (id: number, more: Partial<Post> = {}): Post =>
  make(Post, {
    id: BigInt(id) * 10n ** 20n,
    title: `title ${id}`,
    score: id + 0.5,
    createdAt: new Date(1_700_000_000_000 + id),
    deletedAt: null,
    cover: Buffer.from([id, 1, 2]),
    author: make(Author, { id, name: `author ${id}`, createdAt: new Date(id) }),
    tags: [make(Tag, { id: 1, name: 'a' }), make(Tag, { id: 2, name: 'b' })],
    ...more,
  });
