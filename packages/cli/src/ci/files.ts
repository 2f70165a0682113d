import { cloudBuildFiles } from './cloud-build.ts';
import { githubFiles } from './github.ts';
import { GITLAB_FILE, gitlabFiles } from './gitlab.ts';
import { tektonFiles } from './tekton.ts';
import type { CiFacts, CiFile, CiSystem } from './types.ts';

/** The files of one CI system. GitLab's may have another place, because all pipelines of a repository share one file. */
export function ciFiles(
  system: CiSystem,
  facts: CiFacts,
  gitlabFile: string = GITLAB_FILE,
): readonly CiFile[] {
  switch (system) {
    case 'github':
      return githubFiles(facts);
    case 'gitlab':
      return gitlabFiles(facts, gitlabFile);
    case 'cloud-build':
      return cloudBuildFiles(facts);
    case 'tekton':
      return tektonFiles(facts);
  }
}
