import { isMlcError } from '@mlcontainer/plugin-kit';

/** `MLC5030 duplicate`: code and rule of the error that a call ends with, or `fine`. */
export async function faultOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return 'fine';
  } catch (error) {
    if (!isMlcError(error)) throw error;
    const rule = error.data['rule'];
    return typeof rule === 'string' ? `${error.code} ${rule}` : error.code;
  }
}
