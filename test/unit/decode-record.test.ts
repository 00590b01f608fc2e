import { describe, expect, it, jest } from '@jest/globals';
import { ServiceError } from '../../src/core/errors.ts';
import { makeDecode } from '../../src/decode-record.ts';
import { framed } from '../support/changes.ts';

const record = {
  topic: 'tmdb.movie.videos',
  partition: 0,
  offset: 5n,
  timestamp: 0,
  key: null,
  value: framed(7, Buffer.from([1])),
};

const make = () => {
  const said: string[] = [];
  const asked = jest.fn(async () => Promise.reject(new ServiceError('REGISTRY_UNREACHABLE', 'away')));
  const wanted = { log: ({ message }: { readonly message: string }) => void said.push(message) };
  const decode = makeDecode({ schemaOf: asked }, { wanted, stop: new AbortController().signal });
  return { decode, said, asked };
};

describe('a registry that is away', () => {
  it('is left alone once the partition is lost', async () => {
    const lost = new AbortController();
    const { decode, said } = make();
    const found = decode(record, lost.signal);
    setTimeout(() => lost.abort(), 50);
    expect(await found).toBeNull();
    expect(said).toEqual(['away']);
  });

  it('is waited for a minute before its first answer, however long it hangs', async () => {
    const clock = jest.spyOn(performance, 'now').mockReturnValueOnce(0).mockReturnValue(60_001);
    const { decode, asked } = make();
    await expect(decode(record, new AbortController().signal)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
    expect(asked).toHaveBeenCalledTimes(1);
    clock.mockRestore();
  });
});
