import {
  MlcError,
  catalogue,
  isMlcError,
  type ErrorCode,
  type ErrorData,
} from '@mlcontainer/plugin-kit';

/** An error taken apart, since a class does not cross threads. */
export interface ErrorParts {
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
  readonly data?: ErrorData;
}

export function takeApart(error: unknown): ErrorParts {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const known = isMlcError(error) ? { code: error.code, data: error.data } : {};
  return { message, ...(stack === undefined ? {} : { stack }), ...known };
}

/** The error as it was thrown: an `MlcError` by its code, anything else by its message and stack. */
export function putTogether({ message, stack, code, data }: ErrorParts): Error {
  if (code !== undefined && code in catalogue) {
    return new MlcError(code, catalogue[code as ErrorCode], data ?? {}, { cause: stack });
  }
  return Object.assign(new Error(message), { stack });
}
