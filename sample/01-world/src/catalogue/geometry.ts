export interface Point {
  latitude: number;
  longitude: number;
}

/** The latitudes and longitudes within reach of a point; two ranges of longitudes where they cross the date line. */
export interface BoundingBox {
  latitudes: [south: number, north: number];
  longitudes: [west: number, east: number][];
}

const KM_PER_DEGREE = 111.195;
const EARTH_RADIUS_KM = 6371;

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** The smallest box that holds every point within `km` of the point: what an index can answer. */
export function boundingBox({ latitude, longitude }: Point, km: number): BoundingBox {
  const reach = km / KM_PER_DEGREE;
  const latitudes: [number, number] = [latitude - reach, latitude + reach];
  const narrowest = Math.cos(radians(Math.min(90, Math.abs(latitude) + reach)));
  const width = reach / narrowest;
  const west = longitude - width;
  const east = longitude + width;
  if (west < -180) {
    return {
      latitudes,
      longitudes: [
        [west + 360, 180],
        [-180, east],
      ],
    };
  }
  if (east > 180) {
    return {
      latitudes,
      longitudes: [
        [west, 180],
        [-180, east - 360],
      ],
    };
  }
  return { latitudes, longitudes: [[west, east]] };
}

/** The length of the great circle between two points (haversine). */
export function distanceInKm(from: Point, to: Point): number {
  const latitude = Math.sin(radians(to.latitude - from.latitude) / 2);
  const longitude = Math.sin(radians(to.longitude - from.longitude) / 2);
  const chord = latitude ** 2 + Math.cos(radians(from.latitude)) * Math.cos(radians(to.latitude)) * longitude ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(chord)));
}
