import type { Architecture } from '@mlcontainer/plugin-kit';
import { jsonDigest } from '../json.ts';

/** Raised when the same inputs would be laid out differently than before; part of every recipe. */
export const LAYOUT_VERSION = 7;

export type LayerCompression = 'gzip-members' | 'gzip' | 'zstd' | 'none';

/** What the bytes of a layer's bytecode depend on besides the sources. */
export interface Bytecode {
  /** Names the interpreter that makes them. */
  readonly python: string;
  /** Whether tracebacks can underline a part of a line (PEP 657). */
  readonly debugRanges: boolean;
}

interface RecipeBase {
  readonly compression: LayerCompression;
}

/** A layer of a base image, as it is. */
export interface BaseRecipe extends RecipeBase {
  readonly kind: 'base';
  /** Of the stored bytes. */
  readonly inputs: readonly [string];
}

/** Bytecode of the standard library that a base brings without. */
export interface LibraryRecipe extends RecipeBase {
  readonly kind: 'library-bytecode';
  /** Of the base's manifest. */
  readonly inputs: readonly [string];
  readonly stdlib: string;
  readonly bytecode: Bytecode;
}

/** The .debs of one group. */
export interface DebianRecipe extends RecipeBase {
  readonly kind: 'debian';
  readonly group: 'system' | 'runtime' | 'extra';
  /** Laid for a build container: scripts of these packages do not matter, and the layer is never shipped. */
  readonly buildOnly?: true;
  readonly suite: 'bookworm' | 'trixie';
  readonly architecture: Architecture;
  /** SHA-256 of the .debs, in package order. */
  readonly inputs: readonly string[];
  readonly bytecode: Bytecode | null;
}

/** The loader's cache over all Debian layers. */
export interface LdCacheRecipe extends RecipeBase {
  readonly kind: 'ld-cache';
  readonly architecture: Architecture;
  readonly inputs: readonly string[];
}

/** One wheel; several small ones where the layer budget asks for it. */
export interface WheelsRecipe extends RecipeBase {
  readonly kind: 'wheels';
  readonly inputs: readonly string[];
  readonly site: string;
  readonly bin: string;
  readonly executable: string;
  readonly trim: boolean;
  readonly bytecode: Bytecode | null;
}

/** Plain files, by path, mode and hash. */
export interface FilesRecipe extends RecipeBase {
  readonly kind: 'files';
  readonly files: readonly {
    readonly path: string;
    readonly mode: number;
    readonly sha256: string;
  }[];
  readonly bytecode: Bytecode | null;
}

export interface ModelRecipe extends RecipeBase {
  readonly kind: 'model';
  readonly path: string;
  readonly inputs: readonly [string];
}

/** What commands change on top of other layers. */
export interface StepRecipe extends RecipeBase {
  readonly kind: 'step';
  /** Of the surroundings of a step and the reading of its changes. */
  readonly rules: number;
  readonly architecture: Architecture;
  /** Recipes of all layers below, the lowest first. */
  readonly below: readonly string[];
  /** SHA-256 of the .debs that only the build container has. */
  readonly tools: readonly string[];
  /** SHA-256 of the .debs that are installed with their maintainer scripts. */
  readonly installs: readonly string[];
  readonly commands: readonly (readonly string[])[];
  readonly network: 'none' | 'declared';
  readonly env: Readonly<Record<string, string>>;
}

/** The pure description of one layer: what goes in, and how it is laid. */
export type Recipe =
  | LibraryRecipe
  | BaseRecipe
  | DebianRecipe
  | LdCacheRecipe
  | WheelsRecipe
  | FilesRecipe
  | ModelRecipe
  | StepRecipe;

/** Names a recipe: hex SHA-256 of its canonical JSON with the layout version. */
export function recipeDigest(recipe: Recipe): string {
  return jsonDigest({ ...recipe, layout: LAYOUT_VERSION });
}
