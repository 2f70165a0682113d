/** Where the credentials of a registry come from, when that is not to be found out. */
export type CredentialChoice =
  /** Google's application default credentials, also for a registry that is not Google's own. */
  | 'google'
  /** The auth files and credential helpers of Docker and podman, and nothing else. */
  | 'docker'
  /** None is shown. */
  | 'none'
  /** Environment variables that hold user name and password; their names, never their values. */
  | { readonly usernameEnv: string; readonly passwordEnv: string };

/** How one registry is reached. What is left out is as this machine's own settings have it. */
export interface RegistryOptions {
  /** http instead of https. */
  readonly plainHttp?: boolean;
  /** `host[:port][/prefix]`, asked in this order before the registry itself, for pulls. */
  readonly mirrors?: readonly string[];
  /** A PEM file trusted besides the system's, relative to the config. */
  readonly ca?: string;
  /** What is shown of this machine (mutual TLS); PEM files, relative to the config. */
  readonly clientCert?: { readonly cert: string; readonly key: string };
  readonly credentials?: CredentialChoice;
}

/** By exact `host[:port]`. */
export type RegistriesConfig = Readonly<Record<string, RegistryOptions>>;
