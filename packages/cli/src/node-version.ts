/** The first Node that runs the tool; a test keeps it equal to `engines` in package.json. */
export const OLDEST_NODE = '22.18';

/** What to say to a Node that is too old; undefined for one that is not. */
export function nodeComplaint(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE.split('.').map(Number);
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined;
  return (
    `mlcontainer needs Node ${OLDEST_NODE} or later; this is ${version}.\n` +
    'Install a current Node (nodejs.org), or run it through npm: npx -y -p node@24 -p mlcontainer mlcontainer'
  );
}
