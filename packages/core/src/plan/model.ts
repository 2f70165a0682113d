import { chooseModelCompression } from '@mlcontainer/oci';

/** Whether compressing the model's layer pays; decided from a sample of the file, so that it is part of the plan. */
export function modelCompression(file: string): Promise<'none' | 'gzip'> {
  return chooseModelCompression(file);
}
