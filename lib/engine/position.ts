/** Where the log of invalidations stood at some moment: `incarnation:position`, to be handed on as it is. */
export type ZooCachePosition = string & { readonly __brand: 'ZooCachePosition' };
