import { expect, it } from 'vitest';

import { requirementProblem } from './requirement.ts';

it.each([
  'scikit-learn',
  'scikit-learn==1.9.1',
  'numpy>=1.26,<3',
  'numpy >= 2 , != 2.0.*',
  'torch==2.6.0+cpu',
  'a~=1.0rc1.post2.dev3',
  'a===1!2.0',
  'uvicorn[standard]>=0.30',
  "uvloop; sys_platform != 'win32'",
  "lz4>=4 ; python_version >= '3.11'",
  'name (>=1)',
  'pkg @ https://example.org/pkg.whl',
])('takes %j', (text) => expect(requirementProblem(text)).toBeUndefined());

it.each([
  '',
  '-e .',
  '--index-url=https://example.org',
  'scikit-learn==banana',
  'scikit-learn==1.0\n--index-url https://example.org',
  'scikit-learn==1.0 --index-url https://example.org',
  'scikit-learn=1.0',
  './local',
  'a b',
  7,
])('refuses %j', (text) => expect(requirementProblem(text)).toBeDefined());
