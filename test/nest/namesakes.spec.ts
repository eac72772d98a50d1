import { beforeEach, expect, it } from '@jest/globals';
import { Inject, Injectable, type INestApplication, type Type } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { CacheQuery } from '../../lib/index.js';
import { connectionTo, describeNeeding } from '../support/services.js';
import { start } from './application.js';

interface Answering {
  answer(): Promise<string>;
}

let loads: string[];

/** Classes of one name and one text, which differ in what Nest gives them. */
function givenBy(token: string): Type<Answering> {
  @Injectable()
  class Items implements Answering {
    constructor(@Inject(token) private readonly source: string) {}

    @CacheQuery('5m')
    async answer(): Promise<string> {
      loads.push(this.source);
      return this.source;
    }
  }
  return Items;
}

/** Classes of one name and one text, which differ in what they close over. */
function closedOver(source: string): Type<Answering> {
  @Injectable()
  class Items implements Answering {
    @CacheQuery('5m')
    async answer(): Promise<string> {
      loads.push(source);
      return source;
    }
  }
  return Items;
}

/** Subclasses of one name and one text, which are not decorated themselves. */
function inheriting(source: string): Type<Answering> {
  @Injectable()
  class Items extends Answers {
    protected override readonly source = source;
  }
  return Items;
}

@Injectable()
class Answers implements Answering {
  protected readonly source: string = '';

  @CacheQuery('5m')
  async answer(): Promise<string> {
    loads.push(this.source);
    return this.source;
  }
}

describeNeeding('redis', 'Classes of one name, in applications that share a cache,', () => {
  let prefix: string;

  beforeEach(() => {
    loads = [];
    prefix = randomUUID();
  });

  async function startWith(...types: Type<Answering>[]): Promise<INestApplication> {
    const { url } = await connectionTo('redis');
    const sources = ['books', 'zoo'].map((token) => ({ provide: token, useValue: token }));
    return start({ options: { storage: url, prefix }, providers: [...sources, ...types] });
  }

  const ask = (app: INestApplication, type: Type<Answering>): Promise<string> => app.get<Answering>(type).answer();

  it('share nothing when Nest gives them other things, whichever an application has', async () => {
    const [books, zoo] = [givenBy('books'), givenBy('zoo')];
    const [one, other] = [await startWith(books, zoo), await startWith(zoo)];
    expect([await ask(one, books), await ask(one, zoo)]).toEqual(['books', 'zoo']);
    expect(await ask(other, zoo)).toBe('zoo');
    // The same class in both is one.
    expect(loads).toEqual(['books', 'zoo']);
  });

  it('share nothing at all when nothing but their scope tells them apart', async () => {
    const [books, zoo] = [closedOver('books'), closedOver('zoo')];
    const [one, other] = [await startWith(books, zoo), await startWith(zoo)];
    expect([await ask(one, books), await ask(one, zoo)]).toEqual(['books', 'zoo']);
    expect([await ask(other, zoo), await ask(other, zoo)]).toEqual(['zoo', 'zoo']);
    expect(loads).toEqual(['books', 'zoo', 'zoo']);
  });

  it('share nothing when each application has another of those that are known here', async () => {
    const [books, zoo] = [closedOver('books'), closedOver('zoo')];
    const [one, other] = [await startWith(books), await startWith(zoo)];
    expect([await ask(one, books), await ask(other, zoo)]).toEqual(['books', 'zoo']);
  });

  it('share nothing when they inherit what is cached, also before the second is asked', async () => {
    const [books, zoo] = [inheriting('books'), inheriting('zoo')];
    const [one, other] = [await startWith(books, zoo), await startWith(zoo)];
    expect([await ask(one, books), await ask(other, zoo)]).toEqual(['books', 'zoo']);
  });
});
