// Zod's functions without its methods: the same schemas and issues, and every command starts a hundredth of a second
// sooner. By name of the module, so that a bundle leaves out what is not asked for.
import * as z from 'zod/mini';

// A config is checked once: a checker that is compiled for it (zod's default) takes longer than it saves.
z.config({ jitless: true });

/** `detail` is what stands after "expected" in the message to the user. */
function text(expression: RegExp, detail: string) {
  return z.string().check(z.regex(expression, detail));
}

/** Docker's and OCI's reference grammar (distribution-spec, "Pulling manifests"), without tag and digest. */
const HOST =
  '(?:localhost|[a-zA-Z0-9-]+(?:\\.[a-zA-Z0-9-]+)+|[a-zA-Z0-9-]+(?=:\\d)|\\[[0-9a-fA-F:]+\\])(?::\\d+)?/';
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const REPOSITORY = `(?:${HOST})?${COMPONENT}(?:/${COMPONENT})*`;
const TAG = '(?::[\\w][\\w.-]{0,127})?';
const DIGEST = '(?:@sha256:[0-9a-f]{64})?';

const path = text(/\S/, 'a path').check(z.meta({ description: 'A path relative to the config.' }));
const PLATFORMS = ['linux/amd64', 'linux/arm64'] as const;

const allowedGlobal = z
  .strictObject({
    global: text(/^[^\s.]+(?:\.[^\s.]+)+$/, "an exact 'module.name'"),
    reason: text(/\S/, 'a reason in a few words'),
  })
  .check(z.meta({ description: 'A pickle global that may stand in the model, and why.' }));

const modelOptions = z.strictObject({
  path,
  allow: z.optional(z.array(allowedGlobal)),
  sha256: z.optional(text(/^[0-9a-f]{64}$/, '64 lower-case hex digits')),
  artifact: z.optional(z.enum(['beside', 'instead'])),
});

const debianBase = z.strictObject({
  kind: z.literal('debian'),
  suite: z.enum(['bookworm', 'trixie']),
  // Debian policy, 5.6.1.
  packages: z.array(text(/^[a-z0-9][a-z0-9+.-]+$/, 'the name of a Debian package')),
  scripts: z.optional(
    z.union([
      z.literal(true),
      z.array(text(/^[a-z0-9][a-z0-9+.-]+$/, 'the name of a Debian package')),
    ]),
  ),
  mirror: z.optional(text(/^(?:https?|file):\/\/\S+$/, 'an http, https or file URL')),
  keyring: z.optional(path),
});

const imageBase = z.strictObject({
  kind: z.literal('image'),
  reference: text(
    new RegExp(`^${REPOSITORY}${TAG}${DIGEST}$`),
    "an image reference such as 'registry/repository@sha256:…'",
  ),
});

const command = z.union([
  text(/\S/, 'a command'),
  z.array(text(/\S/, 'a program and its arguments')).check(z.minLength(1)),
]);

const runStep = z.strictObject({
  command,
  slot: z.optional(z.enum(['runtime', 'dependencies', 'app'])),
  network: z.optional(z.boolean()),
  reason: z.optional(text(/\S/, 'a reason in a few words')),
});

/** `host[:port]` without scheme and path. */
const REGISTRY = '[a-z0-9-]+(?:\\.[a-z0-9-]+)*(?::\\d{1,5})?|\\[[0-9a-f:]+\\](?::\\d{1,5})?';

const variableName = text(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable');

const registry = z
  .strictObject({
    plainHttp: z.optional(z.boolean()),
    mirrors: z.optional(
      z.array(text(new RegExp(`^(?:${REGISTRY})(?:/${COMPONENT})*$`), "'host[:port][/prefix]'")),
    ),
    ca: z.optional(path),
    clientCert: z.optional(z.strictObject({ cert: path, key: path })),
    credentials: z.optional(
      z.union([
        z.enum(['google', 'docker', 'none']),
        z.strictObject({ usernameEnv: variableName, passwordEnv: variableName }),
      ]),
    ),
  })
  .check(z.meta({ description: 'How one registry is reached.' }));

const server = z.strictObject({
  port: z.optional(z.int().check(z.gte(1), z.lte(65535))),
  workers: z.optional(z.int().check(z.gte(1), z.lte(256))),
});

/** What a config may hold, after its plugins are flattened and awaited; `UserConfig` of the plugin kit says it in types. */
export const configSchema = z
  .strictObject({
    name: z.optional(
      text(
        /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
        'up to 63 lower-case letters, digits and dashes',
      ),
    ),
    model: z.union([path, modelOptions]).check(z.meta({ description: 'The exported model.' })),
    plugins: z.optional(
      z.array(z.custom<object>((value) => typeof value === 'object' && value !== null, 'a plugin')),
    ),
    base: z.optional(z.discriminatedUnion('kind', [debianBase, imageBase])),
    platforms: z.optional(
      z.array(z.enum(PLATFORMS)).check(
        z.minLength(1),
        z.refine((list) => new Set(list).size === list.length, 'each platform once'),
      ),
    ),
    requirements: z.optional(
      z
        .union([path, z.array(text(/\S/, 'a PEP 508 requirement'))])
        .check(
          z.meta({ description: 'More Python requirements, or the path of a requirements file.' }),
        ),
    ),
    sdists: z.optional(
      z.array(text(/^[A-Za-z0-9][\w.-]*\s*==\s*[\w.!+]+$/, "an exact 'name==version'")).check(
        z.meta({
          description: 'Requirements that are compiled from their sources; they need buildah.',
        }),
      ),
    ),
    handler: z.optional(text(/^.*\S\.py$/, 'the path of a Python file')),
    include: z.optional(z.array(path)),
    run: z.optional(
      z
        .array(z.union([text(/\S/, 'a command'), runStep]))
        .check(
          z.meta({ description: 'Commands to run while the image is built; they need buildah.' }),
        ),
    ),
    env: z.optional(
      z.record(text(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable'), z.string()),
    ),
    labels: z.optional(z.record(text(/^\S+$/, 'a label name without spaces'), z.string())),
    image: z.optional(
      text(new RegExp(`^${REPOSITORY}$`), "'registry/repository' without tag or digest"),
    ),
    registries: z.optional(
      z
        .record(
          text(new RegExp(`^(?:${REGISTRY})$`), "a registry, 'host[:port]' in lower case"),
          registry,
        )
        .check(z.meta({ description: 'How registries are reached, by exact host[:port].' })),
    ),
    bytecode: z.optional(z.boolean()),
    trim: z.optional(z.boolean()),
    compression: z.optional(z.enum(['gzip-members', 'gzip', 'zstd'])),
    server: z.optional(server),
  })
  .check(
    z.meta({
      title: 'mlcontainer.config',
      description: 'The default export of mlcontainer.config.{ts,mts,cts,js,mjs,cjs}.',
    }),
  );

/** A config that passed the schema, its defaults not yet filled in. */
export type CheckedConfig = z.output<typeof configSchema>;

/** JSON Schema (draft 2020-12) of a config; plugins, which are made by code, appear as objects. */
export function configJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(configSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema._zod.def.type === 'custom') jsonSchema.type = 'object';
    },
  });
}
