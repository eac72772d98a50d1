import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** A request for help; every statement about it names its tenant. */
@Entity()
@Index(['tenantId', 'status'])
export class Ticket {
  @PrimaryGeneratedColumn() id!: number;
  @Column() tenantId!: number;
  @Column() status!: string;
  @Column() priority!: number;
  @Column() title!: string;
}

/** Somebody who asks for help. */
@Entity()
@Index(['tenantId', 'email'], { unique: true })
export class Contact {
  @PrimaryGeneratedColumn() id!: number;
  @Column() tenantId!: number;
  @Column() email!: string;
  @Column() name!: string;
}

export const TENANT_ENTITIES = [Ticket, Contact];
