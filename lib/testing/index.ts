export type { ConformanceCheck } from './conformance-check.js';
export { MapStorage } from './map-storage.js';
export type { MapPlace } from './map-storage.js';
export { storageConformance } from './storage-conformance.js';
export type { StorageConformanceOptions } from './storage-conformance.js';
export type { StorageCapability } from './storage-capability-checks.js';
export type { Clock } from '../support/clock.js';
