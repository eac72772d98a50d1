import { describe, expect, it } from '@jest/globals';
import { boundingBox, distanceInKm, type Point } from '../../sample/01-world/src/catalogue/geometry.js';

const holds = (point: Point, km: number, { latitude, longitude }: Point): boolean => {
  const { latitudes, longitudes } = boundingBox(point, km);
  return (
    latitudes[0] <= latitude &&
    latitude <= latitudes[1] &&
    longitudes.some(([west, east]) => west <= longitude && longitude <= east)
  );
};

describe('the box around a point', () => {
  it.each([
    ['on the equator', { latitude: 0, longitude: 10 }],
    ['in the middle latitudes', { latitude: 47, longitude: 8 }],
    ['near a pole, where degrees of longitude are short', { latitude: 85, longitude: 8 }],
    ['at a pole, where every longitude is near', { latitude: 90, longitude: 0 }],
    ['west of the date line', { latitude: -17, longitude: 179.5 }],
    ['east of the date line', { latitude: -17, longitude: -179.5 }],
  ])('holds every point within reach %s, so that no near city is missed', (_where, centre) => {
    const km = 300;
    const missed: Point[] = [];
    for (
      let latitude = Math.max(-90, centre.latitude - 5);
      latitude <= Math.min(90, centre.latitude + 5);
      latitude += 0.5
    ) {
      for (let longitude = -180; longitude <= 180; longitude += 0.5) {
        const point = { latitude, longitude };
        if (distanceInKm(centre, point) <= km && !holds(centre, km, point)) {
          missed.push(point);
        }
      }
    }
    expect(missed).toEqual([]);
  });

  it('leaves out what is far away, or it would be no use to an index', () => {
    expect(holds({ latitude: 47, longitude: 8 }, 100, { latitude: 47, longitude: 10 })).toBe(false);
    expect(holds({ latitude: -17, longitude: 179.5 }, 100, { latitude: -17, longitude: 0 })).toBe(false);
  });
});

describe('the distance between two points', () => {
  it('follows the great circle, so that Berlin is about 670 km from Zürich', () => {
    const km = distanceInKm({ latitude: 47.3769, longitude: 8.5417 }, { latitude: 52.52, longitude: 13.405 });
    expect(km).toBeGreaterThan(650);
    expect(km).toBeLessThan(680);
  });

  it('is short across the date line', () => {
    expect(distanceInKm({ latitude: 0, longitude: 179.5 }, { latitude: 0, longitude: -179.5 })).toBeCloseTo(111.2, 0);
  });
});
