import { settle } from './fleet-histories.js';
import { Fleet, type FleetOptions } from './fleet.js';
import type { FleetLibrary } from './library.js';

const ONE = 0;
const OTHER = 1;
const ROW = 0;
const ANOTHER_ROW = 1;

/** A fleet that is moved by hand, step by step. */
class Scene {
  readonly fleet: Fleet;

  constructor(library: FleetLibrary, options: Partial<FleetOptions>) {
    this.fleet = new Fleet(library, { peers: 2, ...options });
  }

  /** Everything that is on its way arrives, and what waits for a step takes it, but for COMMITs. */
  async rest(): Promise<void> {
    for (let round = 0; round < 60; round++) {
      await settle();
      this.fleet.deliver(ONE);
      this.fleet.deliver(OTHER);
      for (const step of ['select', 'answer', 'committed']) this.fleet.goOn(step);
    }
    await settle();
  }

  async read(peer: number, row = ROW): Promise<void> {
    this.fleet.read(peer, row);
    await this.rest();
  }

  /** A transaction whose COMMIT is sent, and not executed yet. */
  async beginCommit(peer: number, row = ROW): Promise<void> {
    this.fleet.write(peer, row);
    await this.rest();
  }

  async write(peer: number, row = ROW): Promise<void> {
    await this.beginCommit(peer, row);
    await this.execute();
    await this.wait(5);
  }

  /** The COMMIT that was sent first is executed. */
  async execute(): Promise<void> {
    this.fleet.goOn('commit');
    await settle();
  }

  async wait(ms: number): Promise<void> {
    await this.fleet.wait(ms, settle);
    await this.rest();
  }
}

export type SceneScript = (scene: Scene) => Promise<void>;

/** Plays a scene and returns what went wrong. */
export async function playScene(
  library: FleetLibrary,
  script: SceneScript,
  options: Partial<FleetOptions> = {},
): Promise<readonly string[]> {
  const scene = new Scene(library, options);
  await scene.rest();
  await script(scene);
  return scene.fleet.failures;
}

/** A reader calls while the barrier of another is on its way, and a commit lies between. */
export const joinTooLate: SceneScript = async (scene) => {
  await scene.read(ONE);
  scene.fleet.read(ONE, ROW);
  await settle();
  scene.fleet.deliver(ONE);
  await settle();
  scene.fleet.write(OTHER, ROW);
  await settle();
  for (let message = 0; message < 2; message++) {
    scene.fleet.deliver(OTHER);
    await settle();
  }
  await scene.execute();
  await scene.read(ONE);
};

/** The log is lost, and positions that were high begin again. */
export const anotherLife: SceneScript = async (scene) => {
  for (let times = 0; times < 5; times++) await scene.write(OTHER, ANOTHER_ROW);
  await scene.read(ONE);
  scene.fleet.loseLog();
  await scene.write(OTHER);
  await scene.read(ONE);
  await scene.wait(3_000);
  await scene.write(OTHER);
  await scene.read(ONE);
};

/** The log is lost between a mark and its COMMIT, of which a reader with the new log knows nothing. */
export const lostMark: SceneScript = async (scene) => {
  await scene.read(ONE);
  await scene.beginCommit(OTHER);
  scene.fleet.loseLog();
  scene.fleet.pause(OTHER);
  for (let times = 0; times < 3; times++) await scene.read(ONE);
  await scene.execute();
  await scene.read(ONE);
};

/** The same, and the COMMIT takes longer than the quarantine. */
export const slowCommit: SceneScript = async (scene) => {
  await scene.read(ONE);
  await scene.beginCommit(OTHER);
  scene.fleet.loseLog();
  await scene.read(ONE);
  await scene.wait(4_000);
  for (let times = 0; times < 3; times++) await scene.read(ONE);
  await scene.execute();
  await scene.read(ONE);
};

/** A COMMIT takes so long that its process might be taken for dead. */
export const seemsDead: SceneScript = async (scene) => {
  await scene.read(ONE);
  await scene.beginCommit(OTHER);
  await scene.read(ONE);
  await scene.wait(8_000);
  for (let times = 0; times < 3; times++) await scene.read(ONE);
  await scene.execute();
  await scene.read(ONE);
};

/** The bus leaves out a record. */
export const lostRecord: SceneScript = async (scene) => {
  await scene.read(ONE);
  scene.fleet.tellByHand(OTHER, ROW);
  scene.fleet.tellByHand(OTHER, ANOTHER_ROW);
  for (let round = 0; round < 8; round++) {
    await settle();
    scene.fleet.deliver(OTHER);
  }
  await settle();
  await scene.read(ONE);
};

/** A process starts when the log has forgotten what happened to an entry that is still stored. */
export const forgottenRecords: SceneScript = async (scene) => {
  await scene.read(ONE);
  await scene.write(OTHER);
  for (let times = 0; times < 4; times++) await scene.write(OTHER, ANOTHER_ROW);
  scene.fleet.kill(ONE);
  await scene.rest();
  await scene.read(ONE);
};
