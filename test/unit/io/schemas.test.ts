import { Agent } from 'node:https';
import { expect, it, jest } from '@jest/globals';
import { makeRegistry } from '../../../src/io/schemas.ts';

it('ends the connections that it keeps to a registry with an authority of its own', () => {
  const ended = jest.spyOn(Agent.prototype, 'destroy');
  makeRegistry('https://localhost:1', { ca: 'none' }).close();
  expect(ended).toHaveBeenCalledTimes(1);
  ended.mockRestore();
});
