import type { DataSource } from 'typeorm';
import { Animal, Keeper } from '../world/entities.js';
import { RepositoryAnswers } from './repository-answers.js';

/** The answers of the database itself. */
export class DirectAnswers extends RepositoryAnswers {
  constructor(dataSource: DataSource) {
    super(dataSource, dataSource.getRepository(Keeper), dataSource.getRepository(Animal));
  }
}
