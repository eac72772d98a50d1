export { City } from './city.entity.js';
export { Country } from './country.entity.js';
export { Currency } from './currency.entity.js';
export { Language } from './language.entity.js';
