import { deepStrictEqual } from 'node:assert';
import { DataSource } from 'typeorm';
import { compare, type Contender, type Ratio } from '../harness/measure.js';
import { report, times, type Finding } from '../harness/scenario.js';
import { Post } from '../world/entities.js';
import { parsePosts } from '../world/ideal-parse.js';
import { openShop } from '../world/shop.js';

/**
 * 100 posts with their authors, tags and comments, to bytes and back to entities, against JSON of the same. JSON keeps no
 * Date and no class, so what comes out of it is made entities by hand; what parsing takes alone is told beside it.
 */
await report(async () => {
  const { BytesCodec } = await import('../../lib/codec/bytes/bytes-codec.js');
  const { describeEntityClass, findEntityClass } = await import('../../lib/typeorm/entities/entity-shape.js');
  const app = await openShop();
  const dataSource = app.get(DataSource);
  const posts = await dataSource.manager.find(Post, { relations: { author: true, tags: true, comments: true } });
  const known = { describe: describeEntityClass(() => [dataSource]), find: findEntityClass(() => [dataSource]) };
  const plain = new BytesCodec({ ...known, compressFrom: Infinity });
  const small = new BytesCodec({ ...known, compressFrom: 1 });
  const [json, bytes, compressed] = [JSON.stringify(posts), plain.encode(posts), small.encode(posts)];
  deepStrictEqual(plain.decode(bytes)!.value, posts);
  deepStrictEqual(small.decode(compressed)!.value, posts);

  const encode = await compare([
    repeated('JSON', () => JSON.stringify(posts)),
    repeated('bytes', () => plain.encode(posts)),
    repeated('compressed', () => small.encode(posts)),
  ]);
  deepStrictEqual(parsePosts(json), posts);
  const decode = await compare([
    repeated('JSON', () => parsePosts(json)),
    repeated('parsing', () => JSON.parse(json) as unknown),
    repeated('bytes', () => plain.decode(bytes)),
    repeated('compressed', () => small.decode(compressed)),
  ]);
  const parsing = decode.ratios.get('parsing')!;
  await app.close();

  const size = bytes.length / Buffer.byteLength(json);
  const compressedSize = compressed.length / Buffer.byteLength(json);
  return [
    finding('encoding 100 entities with relations', encode.ratios.get('bytes')!, 0.25, 'JSON.stringify'),
    finding('decoding them to entities', decode.ratios.get('bytes')!, 0.3, 'making them of JSON'),
    finding('parsing their JSON alone', parsing, Infinity, 'making them of JSON'),
    {
      case: 'their size in bytes',
      measured: `${size.toFixed(2)} x (${bytes.length} bytes)`,
      target: 'at most 0.6 x JSON',
      isMet: size <= 0.6,
    },
    finding('encoding and compressing them', encode.ratios.get('compressed')!, Infinity, 'JSON.stringify'),
    finding('decompressing and decoding them', decode.ratios.get('compressed')!, Infinity, 'making them of JSON'),
    {
      case: 'their compressed size',
      measured: `${compressedSize.toFixed(2)} x (${compressed.length} bytes)`,
      target: 'for information',
      isMet: true,
    },
  ];
});

function repeated(name: string, call: () => unknown): Contender {
  return {
    name,
    run(count) {
      for (let i = 0; i < count; i++) call();
    },
  };
}

function finding(title: string, ratio: Ratio, limit: number, of: string): Finding {
  const target = limit === Infinity ? `for information, of ${of}` : `at most ${limit} x ${of}`;
  return { case: title, measured: times(ratio), target, isMet: ratio.median <= limit };
}
