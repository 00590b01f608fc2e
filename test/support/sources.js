// Preloaded where a user's program runs from the sources: what `tmdb-cdc` is once it is built and installed.
import { registerHooks } from 'node:module';

const index = import.meta.resolve('../../src/index.ts');
registerHooks({
  resolve: (specifier, context, next) => next(specifier === 'tmdb-cdc' ? index : specifier, context),
});
