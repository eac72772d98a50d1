/** Ids of cities that the tour visits. */
export const ZURICH = 2657896;
export const GENEVA = 2660646;
export const BASEL = 2661604;
export const TOKYO = 1850147;

export const BERN = { latitude: 46.948, longitude: 7.447 };
export const LONDON = { latitude: 51.5085, longitude: -0.1257 };
