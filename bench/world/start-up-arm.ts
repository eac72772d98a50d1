/** Starts an empty Nest application, with the module or without, and says how long that took from the first import. */
const isInstalled = process.argv[2] === 'installed';
await import('reflect-metadata');
const { Module } = await import('@nestjs/common');
const { NestFactory } = await import('@nestjs/core');
// The application uses TypeORM anyway; what is measured is what the cache adds.
await import('typeorm');
await import('@nestjs/typeorm');
const start = performance.now();
const imports = isInstalled ? [(await import('nestjs-zoocache')).ZooCacheModule.forRoot()] : [];

class AppModule {}
Module({ imports })(AppModule);
const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
process.send!({ ms: performance.now() - start });
await app.close();
