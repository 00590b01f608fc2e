import type { Shared } from './global-setup.ts';

export default async (): Promise<void> => (globalThis as Shared).broker?.close();
