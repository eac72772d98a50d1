import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import {
  type AfterQueryEvent,
  type BeforeQueryEvent,
  DataSource,
  type EntitySubscriberInterface,
  type QueryRunner,
} from 'typeorm';

export interface DatabaseWork {
  statements: number;
  ms: number;
}

/** Counts every statement that reaches the database: a witness of the cache that is no part of it. */
@Injectable()
export class DatabaseMeter implements EntitySubscriberInterface, OnModuleDestroy {
  private statements = 0;
  private ms = 0;
  /** A runner sends one statement at a time. */
  private readonly sentAt = new WeakMap<QueryRunner, number>();

  constructor(private readonly dataSource: DataSource) {
    dataSource.subscribers.push(this);
  }

  beforeQuery({ queryRunner }: BeforeQueryEvent): void {
    this.sentAt.set(queryRunner, performance.now());
  }

  afterQuery({ queryRunner }: AfterQueryEvent): void {
    this.statements += 1;
    this.ms += performance.now() - (this.sentAt.get(queryRunner) ?? performance.now());
  }

  /** What the database has done since this application started. */
  total(): DatabaseWork {
    return { statements: this.statements, ms: this.ms };
  }

  onModuleDestroy(): void {
    this.dataSource.subscribers.splice(this.dataSource.subscribers.indexOf(this), 1);
  }
}
