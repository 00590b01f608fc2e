const maxBytes = 64 * 1024 * 1024;

/** Why a file is not read at all, null where it may be. */
export const misfit = ({ isDirectory, size }: { isDirectory: boolean; size: number }): string | null => {
  if (isDirectory) return 'it is a directory (a missing source of a mount becomes one)';
  if (size > maxBytes) return 'it is larger than 64 MB';
  return size === 0 ? 'it is empty' : null;
};

/** Why a file could not be read, in words for its owner; `uid` is whose process it is. */
export const unreadable = (error: unknown, uid: number | undefined): string => {
  const { code, message } = error as NodeJS.ErrnoException; // what node:fs throws, and we
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'there is none',
    EACCES: `user ${uid ?? ''} may not read it`,
  };
  return reasons[code ?? ''] ?? code ?? message;
};
